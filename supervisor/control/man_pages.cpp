// The manual pages, in man(7)'s macros: supervisor/control/completion.h.
#include <fmt/format.h>

#include "supervisor/config/option_docs.h"
#include "supervisor/control/completion.h"

namespace supervisor {

namespace {

/// A line that troff prints as it is.
std::string escape(std::string_view text) {
  std::string escaped;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) {
      escaped += "\\&";
    }
    line_begins = c == '\n';
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string make_head(std::string_view name, int section, std::string_view summary) {
  return fmt::format(".TH {} {} \"\" \"birl {}\" \"birl\"\n.SH NAME\n{} \\- {}\n", name, section,
                     BIRL_VERSION, escape(name), escape(summary));
}

std::string describe_option(const VerbDoc::Option& option) {
  std::string names = option.short_name.empty() ? "" : "-" + option.short_name + ", ";
  names += "--" + option.long_name + (option.value.empty() ? "" : " " + option.value);
  return fmt::format(".TP\n.B {}\n{}\n", escape(names), escape(option.description));
}

std::string describe_verb(const VerbDoc& verb) {
  std::string arguments;
  for (const VerbDoc::Option& argument : verb.arguments) {
    arguments += " " + argument.long_name;
  }
  std::string text = fmt::format(".SS birl {}{}\n{}.\n", escape(verb.name), escape(arguments),
                                 escape(verb.description));
  for (const VerbDoc::Option& argument : verb.arguments) {
    text +=
        fmt::format(".TP\n.I {}\n{}\n", escape(argument.long_name), escape(argument.description));
  }
  for (const VerbDoc::Option& option : verb.options) {
    text += describe_option(option);
  }
  return verb.footer.empty() ? text : text + ".PP\n" + escape(verb.footer) + "\n";
}

}  // namespace

std::string make_command_page(std::span<const VerbDoc> verbs) {
  std::string text = make_head("birl", 1, "init, process supervisor and log router of a container");
  text +=
      ".SH SYNOPSIS\n.B birl\n[\\-\\-socket PATH] VERB [ARGUMENTS]\n.SH DESCRIPTION\n"
      "birl runs the services of a container, restarts what dies, and routes their logs.\n"
      "Called as /init, every argument is the command to run.\n.SH VERBS\n";
  for (const VerbDoc& verb : verbs) {
    text += describe_verb(verb);
  }
  return text +
         ".SH EXIT STATUS\n0 done, 1 failed, 2 usage or configuration, 3 no instance or no such "
         "service, 4 timed out.\n.SH ENVIRONMENT\n.TP\n.B BIRL_SOCKET\nthe control socket of the "
         "instance to talk to\n.SH SEE ALSO\n.BR birl.toml (5)\n";
}

std::string make_configuration_page() {
  std::string text = make_head("birl.toml", 5, "configuration of birl");
  text +=
      ".SH DESCRIPTION\nTOML files that say what birl runs and where logs go. Read are "
      "/etc/birl/birl.toml, /etc/birl/conf.d/*.toml, /etc/birl/local.d/*.toml and the variables "
      "BIRL_SET*.\n";
  for (const TableDoc& table : list_options()) {
    text += fmt::format(".SH [{}]\n", escape(table.table));
    for (const OptionDoc& option : table.options) {
      text += fmt::format(".TP\n.B {}\n{} ({}{}{})\n", escape(option.key), escape(option.comment),
                          escape(option.type), option.default_value.empty() ? "" : ", default ",
                          escape(option.default_value));
    }
  }
  return text + ".SH SEE ALSO\n.BR birl (1)\n";
}

}  // namespace supervisor
