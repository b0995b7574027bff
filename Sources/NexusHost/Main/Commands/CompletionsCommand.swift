import Config

/// `nexus completions SHELL`: prints what a shell needs to complete commands, options and names.
enum CompletionsCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let shell = invocation.operands.first ?? ""
    guard let script = CompletionScript(rawValue: shell) else {
      let known = Commands.shells.joined(separator: ", ")
      if ["powershell", "elvish"].contains(shell) {
        throw UsageError("Completion for \(shell) is not supported; there is one for \(known).")
      }
      let hint = Suggestion.hint(for: shell, among: Commands.shells)
      throw UsageError("There is no completion for '\(shell)'.\(hint) There is one for \(known).")
    }
    Terminal.say(script.text)
    return ExitCode.success
  }
}

/// The scripts. They hand the line to `nexus __complete` (`CompleteCommand`) and offer what that
/// prints, so they never grow old.
enum CompletionScript: String {
  case bash
  case zsh
  case fish

  var text: String {
    switch self {
    case .bash: Self.bashText
    case .zsh: Self.zshText
    case .fish: Self.fishText
    }
  }

  /// bash takes ":" and "=" for the ends of words and replaces only what comes behind them.
  private static let bashText = #"""
    # bash completion for nexus
    _nexus() {
      local index word whole tail line kind glue= words=()
      for ((index = 1; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if ((${#words[@]})) && [[ $glue || $word == [:=]* ]]; then
          words[${#words[@]} - 1]+=$word
        else
          words+=("$word")
        fi
        [[ $word == *[:=] ]] && glue=1 || glue=
      done
      COMPREPLY=()
      whole=${words[${#words[@]} - 1]}
      tail=${COMP_WORDS[COMP_CWORD]}
      [[ $tail == [:=]* ]] && tail=
      while IFS= read -r line; do
        if [[ -z $kind ]]; then
          kind=$line
        else
          line=${line%%$'\t'*}
          printf -v line %q "${line#"${whole%"$tail"}"}"
          COMPREPLY+=("$line")
        fi
      done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
      case $kind in
        files) compopt -o default 2>/dev/null ;;
        directories) compopt -o dirnames 2>/dev/null ;;
      esac
    }
    complete -F _nexus nexus

    """#

  private static let zshText = #"""
    #compdef nexus
    # zsh completion for nexus
    _nexus() {
      local -a lines candidates
      local line program=${(Q)words[1]}
      [[ $program == '~'/* ]] && program=$HOME${program#'~'}
      lines=("${(@f)$("$program" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
      case $lines[1] in
        files) _files ;;
        directories) _files -/ ;;
        words)
          for line in "${(@)lines[2,-1]}"; do
            candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
          done
          _describe -V nexus candidates
          ;;
      esac
    }
    if [[ $funcstack[1] == _nexus ]]; then
      _nexus "$@"
    else
      compdef _nexus nexus
    fi

    """#

  private static let fishText = #"""
    # fish completion for nexus
    function __nexus_complete
      set -l token (commandline --current-token)
      set -l before (commandline --tokenize --cut-at-cursor --current-process)
      set -l program (string replace -r '^~/' "$HOME/" -- $before[1])
      set -l lines ($program __complete $before[2..-1] "$token" 2>/dev/null)
      switch "$lines[1]"
        case files
          __fish_complete_path "$token"
        case directories
          __fish_complete_directories "$token"
        case words
          printf '%s\n' $lines[2..-1]
      end
    end
    complete --command nexus --no-files --arguments '(__nexus_complete)'

    """#
}
