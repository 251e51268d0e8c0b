# What an interactive bash reads in the place of ~/.bashrc in a terminal of perdure. It reads the user's own files first, as bash
# would, and then adds marks to the prompt that say where commands begin and end. It changes no file and nothing but the prompt's
# variables. Where the prompt has such marks already, or bash is older than 4.4, it adds nothing.

if [ -n "${PERDURE_SHELL_LOGIN-}" ]; then
  unset PERDURE_SHELL_LOGIN
  [ -r /etc/profile ] && . /etc/profile
  if [ -r ~/.bash_profile ]; then . ~/.bash_profile
  elif [ -r ~/.bash_login ]; then . ~/.bash_login
  elif [ -r ~/.profile ]; then . ~/.profile
  fi
elif [ -r ~/.bashrc ]; then
  . ~/.bashrc
fi

# The exit code comes with the prompt, before the user's own commands for the prompt, which see it as ever.
__perdure_before() {
  local code=$?
  builtin printf '\e]133;D;%s\a' "$code"
  return "$code"
}

# Last of the commands for the prompt: many themes make it anew each time.
__perdure_after() {
  local code=$?
  case "${PS1-}" in *']133;B'*) ;; *) PS1='\[\e]133;A\a\]'"${PS1-}"'\[\e]133;B\a\]' ;; esac
  case "${PS2-}" in *']133;B'*) ;; *) PS2='\[\e]133;A;k=s\a\]'"${PS2-}"'\[\e]133;B\a\]' ;; esac
  case "${PS0-}" in *']133;C'*) ;; *) PS0='\e]133;C\a'"${PS0-}" ;; esac
  if [ "${__perdure_directory-}" != "$PWD" ]; then
    __perdure_directory=$PWD
    __perdure_tell_directory
  fi
  return "$code"
}

__perdure_tell_directory() {
  local LC_ALL=C path="" rest=$PWD one
  while [ -n "$rest" ]; do
    one=${rest:0:1} rest=${rest:1}
    case "$one" in
      [a-zA-Z0-9/._~-]) path+=$one ;;
      *) builtin printf -v one '%%%02X' "'$one"; path+=%${one: -2} ;;
    esac
  done
  builtin printf '\e]7;file://%s%s\a' "${HOSTNAME-}" "$path"
}

__perdure_begin() {
  ((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4))) || return 0
  case "${PS1-}${PS0-}${PROMPT_COMMAND[*]-}" in *']133;'*|*__perdure_before*) return 0 ;; esac
  case "$(declare -p PROMPT_COMMAND 2>/dev/null)" in
    'declare -a'*) PROMPT_COMMAND=(__perdure_before "${PROMPT_COMMAND[@]}" __perdure_after) ;;
    *) PROMPT_COMMAND=__perdure_before$'\n'${PROMPT_COMMAND-}$'\n'__perdure_after ;;
  esac
}
__perdure_begin
unset -f __perdure_begin
