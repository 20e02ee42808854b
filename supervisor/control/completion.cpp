#include "supervisor/control/completion.h"

#include <fmt/format.h>

#include <vector>

namespace supervisor {

namespace {

using Takes = VerbDoc::Takes;

/// The members "name" before "router": of services, not of sinks.
constexpr std::string_view kServiceNames =
    R"(birl status --json 2>/dev/null | sed 's/"router":.*//' | grep -o '"name":"[^"]*"' | cut -d'"' -f4)";

/// In single quotes of a shell.
std::string quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::string list_names(std::span<const VerbDoc> verbs) {
  std::vector<std::string> names;
  for (const VerbDoc& verb : verbs) {
    names.push_back(verb.name);
  }
  return fmt::format("{}", fmt::join(names, " "));
}

/// Options and few words; services are asked for by `services`, as the shell calls that.
std::string list_words(const VerbDoc& verb, std::string_view services) {
  std::vector<std::string> words = verb.choices;
  for (const VerbDoc::Option& option : verb.options) {
    words.push_back("--" + option.long_name);
  }
  if (verb.takes == Takes::kServices) {
    words.emplace_back(services);
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::string make_bash(std::span<const VerbDoc> verbs) {
  std::string text = fmt::format(
      "# bash completion for birl: source <(birl completion bash)\n"
      "_birl_services() {{ {}; }}\n"
      "_birl() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" verb= words i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${{COMP_WORDS[i]}}\" in\n"
      "      --socket) ((i++)) ;;\n"
      "      -*) ;;\n"
      "      *) verb=\"${{COMP_WORDS[i]}}\"; break ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$verb\" in\n"
      "    '') words='{} --socket --version --help' ;;\n",
      kServiceNames, list_names(verbs));
  for (const VerbDoc& verb : verbs) {
    text +=
        fmt::format("    {}) words=\"{}\" ;;\n", verb.name, list_words(verb, "$(_birl_services)"));
  }
  return text +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _birl birl\n";
}

std::string make_zsh(std::span<const VerbDoc> verbs) {
  std::string text = fmt::format(
      "#compdef birl\n"
      "# zsh completion for birl: source <(birl completion zsh), or a file _birl in $fpath\n"
      "_birl_services() {{ {}; }}\n"
      "_birl() {{\n"
      "  local -a verbs\n"
      "  verbs=(\n",
      kServiceNames);
  for (const VerbDoc& verb : verbs) {
    text += fmt::format("    {}\n", quote(verb.name + ":" + verb.description));
  }
  text +=
      "  )\n"
      "  if ((CURRENT == 2)); then\n"
      "    _describe verb verbs\n"
      "    return\n"
      "  fi\n"
      "  case \"${words[2]}\" in\n";
  for (const VerbDoc& verb : verbs) {
    text +=
        fmt::format("    {}) compadd -- {} ;;\n", verb.name, list_words(verb, "$(_birl_services)"));
  }
  return text +
         "  esac\n"
         "}\n"
         "compdef _birl birl\n";
}

std::string make_fish(std::span<const VerbDoc> verbs) {
  std::string text = fmt::format(
      "# fish completion for birl: birl completion fish | source\n"
      "function __birl_services\n  {}\nend\n"
      "complete -c birl -f\n",
      kServiceNames);
  for (const VerbDoc& verb : verbs) {
    text += fmt::format("complete -c birl -n __fish_use_subcommand -a {} -d {}\n", verb.name,
                        quote(verb.description));
    const std::string seen = quote("__fish_seen_subcommand_from " + verb.name);
    if (verb.takes == Takes::kServices) {
      text += fmt::format("complete -c birl -n {} -a '(__birl_services)'\n", seen);
    }
    if (!verb.choices.empty()) {
      text += fmt::format("complete -c birl -n {} -a '{}'\n", seen, fmt::join(verb.choices, " "));
    }
    for (const VerbDoc::Option& option : verb.options) {
      text += fmt::format("complete -c birl -n {} -l {}{}{} -d {}\n", seen, option.long_name,
                          option.short_name.empty() ? "" : " -s " + option.short_name,
                          option.value.empty() ? "" : " -r", quote(option.description));
    }
  }
  return text;
}

}  // namespace

base::Result<std::string> make_completion(std::string_view shell, std::span<const VerbDoc> verbs) {
  if (shell == "bash") {
    return make_bash(verbs);
  }
  if (shell == "zsh") {
    return make_zsh(verbs);
  }
  if (shell == "fish") {
    return make_fish(verbs);
  }
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("cannot complete for {}: it is bash, zsh or fish", shell));
}

}  // namespace supervisor
