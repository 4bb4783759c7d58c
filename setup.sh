# Source this from the checkout's root, in bash, zsh or dash:  . ./setup.sh
# It makes .venv from hash-pinned requirements, once, and puts its commands (`invoke`) on PATH.
# The caller's shell options stay as they are, and so does everything else but PATH.

_tracelab_sourced() {
    if [ -n "${BASH_VERSION-}" ]; then
        eval '_tracelab_file=${BASH_SOURCE[0]-}; [ "$_tracelab_file" != "$0" ]'
    elif [ -n "${ZSH_VERSION-}" ]; then
        eval '_tracelab_file=${(%):-%x}'
        case ${ZSH_EVAL_CONTEXT-} in *:file*) ;; *) return 1 ;; esac
    else
        _tracelab_file=./setup.sh # a plain sh can't tell which file it reads
        case ${0##*/} in setup.sh) return 1 ;; esac
    fi
}

_tracelab_root() {
    case $_tracelab_file in
        ./setup.sh | setup.sh) _tracelab_here=$PWD ;;
        /*) _tracelab_here=${_tracelab_file%/*} ;;
        *) _tracelab_here=$PWD/${_tracelab_file%/*} ;;
    esac
    [ -f "$_tracelab_here/lab/bootstrap.py" ]
}

_tracelab_python() {
    for _tracelab_found in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$_tracelab_found" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

_tracelab_setup() {
    if ! _tracelab_sourced; then
        echo "setup: this changes PATH, so it has to be sourced:  . ./setup.sh" >&2
        return 2
    fi
    if ! _tracelab_root; then
        echo "setup: no TraceLab checkout in $_tracelab_here; cd to its root, then  . ./setup.sh" >&2
        return 2
    fi
    if ! _tracelab_python; then
        echo "setup: needs Python 3.11 or newer; found: $(python3 --version 2>&1 || echo none)" >&2
        return 1
    fi
    "$_tracelab_found" -I "$_tracelab_here/lab/bootstrap.py" || return $?
    case $PATH in
        "$_tracelab_here/.venv/bin":*) ;;
        *) PATH=$_tracelab_here/.venv/bin:$PATH ;;
    esac
    export PATH
    hash -r 2>/dev/null || :
}

_tracelab_status=0
_tracelab_setup || _tracelab_status=$?
unset -f _tracelab_sourced _tracelab_root _tracelab_python _tracelab_setup
unset _tracelab_file _tracelab_here _tracelab_found
eval "unset _tracelab_status; return $_tracelab_status 2>/dev/null || exit $_tracelab_status"
