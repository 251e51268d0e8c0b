# What zsh reads first in a terminal of perdure. It gives ZDOTDIR back, so that zsh reads the user's own files, all of them, and with
# the first prompt adds marks that say where commands begin and end. It changes no file.

if [[ -n ${PERDURE_ZDOTDIR+set} ]]; then
  export ZDOTDIR=$PERDURE_ZDOTDIR
  unset PERDURE_ZDOTDIR
else
  unset ZDOTDIR
fi
[[ -r ${ZDOTDIR-$HOME}/.zshenv ]] && builtin source -- ${ZDOTDIR-$HOME}/.zshenv

if [[ -o interactive ]]; then
  # Once the user's files were read, so that this is the last to touch the prompt.
  __perdure_begin() {
    builtin emulate -L zsh
    precmd_functions=(${precmd_functions:#__perdure_begin})
    builtin unfunction __perdure_begin
    [[ ${PS1-} == *']133;'* ]] && return
    precmd_functions=(${precmd_functions:#__perdure_precmd} __perdure_precmd)
    preexec_functions=(${preexec_functions:#__perdure_preexec} __perdure_preexec)
    __perdure_precmd
  }

  __perdure_precmd() {
    local code=$?
    builtin emulate -L zsh
    if [[ -n ${__perdure_at_work-} ]]; then
      builtin print -n -- $'\e]133;D;'$code$'\a'
      __perdure_at_work=
    fi
    [[ ${PS1-} == *']133;B'* ]] || PS1=$'%{\e]133;A\a%}'${PS1-}$'%{\e]133;B\a%}'
    if [[ ${__perdure_directory-} != $PWD ]]; then
      typeset -g __perdure_directory=$PWD
      __perdure_tell_directory
    fi
  }

  __perdure_preexec() {
    builtin emulate -L zsh
    local text=${1//'\'/'\\'}
    text=${text//';'/'\x3b'}
    text=${text//$'\n'/'\x0a'}
    text=${text//[[:cntrl:]]/}
    typeset -g __perdure_at_work=1
    builtin print -rn -- $'\e]633;E;'$text$'\a\e]133;C\a'
  }

  __perdure_tell_directory() {
    builtin emulate -L zsh
    setopt local_options no_multibyte extended_glob
    local match mbegin mend LC_ALL=C
    builtin print -rn -- $'\e]7;file://'${HOST-}${PWD//(#m)[^a-zA-Z0-9\/._~-]/%${(l:2::0:)$(([##16]#MATCH))}}$'\a'
  }

  typeset -ga precmd_functions
  precmd_functions+=(__perdure_begin)
fi
