# Marks of an interactive fish in a terminal of perdure, that say where commands begin and end. fish finds this file by XDG_DATA_DIRS,
# which is given back first. From 4.0 on fish makes the marks itself.

if set -q PERDURE_FISH_DATA
    set -l others
    for one in (string split : -- "$XDG_DATA_DIRS")
        test "$one" = "$PERDURE_FISH_DATA"; or set -a others $one
    end
    if set -q others[1]; and not set -q PERDURE_FISH_ADDED
        set -gx XDG_DATA_DIRS (string join : -- $others)
    else
        set -e XDG_DATA_DIRS
    end
    set -e PERDURE_FISH_DATA
    set -e PERDURE_FISH_ADDED

    if status is-interactive; and test (string split . -- $version)[1] -lt 4
        function __perdure_prompt --on-event fish_prompt
            if set -q __perdure_code
                printf '\e]133;D;%s\a' $__perdure_code
                set -e __perdure_code
            end
            printf '\e]133;A\a\e]7;file://%s%s\a' (hostname) (string escape --style=url -- $PWD)
        end
        function __perdure_preexec --on-event fish_preexec
            printf '\e]133;C;cmdline_url=%s\a' (string escape --style=url -- "$argv")
        end
        function __perdure_postexec --on-event fish_postexec
            set -g __perdure_code $status
        end
    end
end
