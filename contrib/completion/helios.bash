# SPDX-License-Identifier: Apache-2.0
# Completion of helios for bash: source it, or put it into /usr/share/bash-completion/completions.

declare -gA _helios_options=(
    [global]="-h --help -z --master -u --username --json --http-timeout --retry-timeout -v --verbose --version"
    [create]="-f --file -t --template -q --hostname --token --env -m --metadata -p --port -r --register --registration-domain --grace-period --volume -e --expires --exec-check --http-check --tcp-check --security-opt --network-mode --add-capability --drop-capability --labels --rollout-options --runtime"
    [deploy]="--token --no-start"
    [history]=""
    [hosts]="-f -q --status -s --selector"
    [inspect]=""
    [jobs]="-f -q -y"
    [masters]="-f"
    [remove]="--token --yes"
    [start]="--token"
    [status]="-j --job --host -f"
    [stop]="--token"
    [undeploy]="-a --all --token --yes"
    [version]=""
)

# What the master knows. One short attempt: a completion must not hang.
_helios_ask() {
    timeout 3 helios "${_helios_target[@]}" --http-timeout 2 --retry-timeout 0 "$@" 2>/dev/null
}

# Job ids hold colons, at which bash cuts words: only what follows the last one is inserted.
_helios_jobs() {
    local cut=${cur%"${cur##*:}"}
    mapfile -t COMPREPLY < <(compgen -W "$(_helios_ask jobs -q)" -- "$cur")
    COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}

_helios_hosts() {
    mapfile -t COMPREPLY < <(compgen -W "$(_helios_ask hosts -q -f)" -- "$cur")
}

_helios() {
    local cur prev command= places=0 word i
    local -a _helios_target=() words=()
    COMPREPLY=()
    # The words as they were typed: bash has cut them at colons and equal signs.
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} == *" " ]] && words+=("")
    cur=${words[-1]} prev=${words[-2]}

    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        case $word in
            -z | --master) _helios_target=(-z "${words[++i]}") ;;
            -u | --username | --http-timeout | --retry-timeout) ((i++)) ;;
            -*) ;;
            *) if [[ -z $command ]]; then command=$word; else ((places++)); fi ;;
        esac
    done

    case $prev in
        -f | --file) [[ $command == create ]] && mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return ;;
        -t | --template | -j | --job) [[ $command == create || $command == status ]] && _helios_jobs && return ;;
        --host) [[ $command == status ]] && _helios_hosts && return ;;
        --status) mapfile -t COMPREPLY < <(compgen -W "UP DOWN" -- "$cur"); return ;;
        --network-mode) mapfile -t COMPREPLY < <(compgen -W "bridge host container:" -- "$cur"); return ;;
    esac

    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${command:+${_helios_options[$command]-}} ${_helios_options[global]}" -- "$cur")
    elif [[ -z $command ]]; then
        local -a names=("${!_helios_options[@]}")
        mapfile -t COMPREPLY < <(compgen -W "${names[*]/global/}" -- "$cur")
    else
        case $command:$places in
            history:0 | inspect:0 | jobs:0 | remove:0 | deploy:0 | undeploy:0 | start:0 | stop:0) _helios_jobs ;;
            deploy:* | undeploy:* | start:* | stop:* | hosts:0) _helios_hosts ;;
        esac
    fi
}

complete -F _helios helios
