#!/bin/sh
# The engine starts this as `pulumi-language-python` for a project with `runtime: python`, and as
# `pulumi-resource-pulumi-python` for the dynamic resources of such a project. Both run with the project's own Python: the
# `virtualenv` of the nearest Pulumi.yaml at or above the working directory; without one, as the official host does,
# $PULUMI_PYTHON_CMD, the active virtual environment, or python3.

folder=$PWD
while [ ! -f "$folder/Pulumi.yaml" ] && [ -n "$folder" ]; do
    folder=${folder%/*}
done

if [ -f "$folder/Pulumi.yaml" ]; then
    venv=$(sed -n "s/#.*//; s/.*virtualenv['\"]*: *['\"]*\([^,}'\"]*[^,}'\" ]\).*/\1/p" "$folder/Pulumi.yaml")
    case $venv in '' | /*) ;; *) venv=$folder/$venv ;; esac
fi

here=${0%/*}
case ${0##*/} in
    pulumi-language-python) program=$here/language_host.py ;;
    *) program=pulumi.dynamic ;;
esac

for python in "${venv:+$venv/bin/python}" "$PULUMI_PYTHON_CMD" "${VIRTUAL_ENV:+$VIRTUAL_ENV/bin/python}" python3; do
    if command -v "$python" >/dev/null; then
        exec "$python" -u "$here/run_with_engine.py" "$program" "$@"
    fi
done
echo "Pulumi needs a Python: create the virtual environment that Pulumi.yaml names, or put python3 on PATH." >&2
exit 1
