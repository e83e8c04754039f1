"""The provider plugin `qovery-cancellation`: the same lifecycles, for every language that Pulumi has.

`server` answers the engine, `wire` reads and writes its property bags, `names` has the spelling of the outside, and
`schema` describes it all to the SDKs. None of them knows a rule about a resource.
"""
