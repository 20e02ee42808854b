#include "supervisor/config/toml_reader.h"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <sstream>

#include "supervisor/config/toml_scan.h"

// Errors come back as values; nesting is limited well below what the stack holds, since a document
// is walked recursively by the parser, its destructor and us (nesting x parts of a key).
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

namespace supervisor {
namespace {

Origin origin_of(const toml::source_region& region, const std::string& source) {
  return {source, region.begin.line, region.begin.column};
}

template <typename T>
std::string written(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

class Converter {
 public:
  explicit Converter(const std::string& source) : source_(source) {}

  [[nodiscard]] Node convert(const toml::node& value) const {
    Node node;
    node.origin = origin_of(value.source(), source_);
    node.key_origin = node.origin;
    value.visit([&](const auto& typed) { fill(node, typed); });
    return node;
  }

 private:
  void fill(Node& node, const toml::table& table) const {
    node.kind = NodeKind::kTable;
    for (const auto& [key, value] : table) {
      Node child = convert(value);
      child.key_origin = origin_of(key.source(), source_);
      node.entries.emplace(std::string(key.str()), std::move(child));
    }
  }
  void fill(Node& node, const toml::array& array) const {
    node.kind = NodeKind::kArray;
    for (const toml::node& item : array) {
      node.items.push_back(convert(item));
    }
  }
  void fill(Node& node, const toml::value<std::string>& value) const {
    node.kind = NodeKind::kString;
    node.text = value.get();
  }
  void fill(Node& node, const toml::value<std::int64_t>& value) const {
    node.kind = NodeKind::kInteger;
    node.integer = value.get();
  }
  void fill(Node& node, const toml::value<double>& value) const {
    node.kind = NodeKind::kFloat;
    node.number = value.get();
  }
  void fill(Node& node, const toml::value<bool>& value) const {
    node.kind = NodeKind::kBoolean;
    node.truth = value.get();
  }
  template <typename Date>
  void fill(Node& node, const toml::value<Date>& value) const {
    node.kind = NodeKind::kDate;
    node.text = written(value.get());
  }

  const std::string& source_;
};

struct Rewording {
  std::string_view part;  // of the parser's message
  std::string_view ours;
};
constexpr std::array<Rewording, 2> kRewordings{{
    {"unescaped control characters",
     "cannot parse string: its closing quote is missing, or it "
     "holds a control character"},
    {"maximum nested value depth", "cannot parse a value that is nested so deep"},
}};

/// The parser says "Error while parsing X: cannot ..." or "... expected Y, saw Z".
std::string describe(std::string_view description) {
  for (const Rewording& rewording : kRewordings) {
    if (description.find(rewording.part) != std::string_view::npos) {
      return std::string(rewording.ours);
    }
  }
  constexpr std::string_view kLead = "Error while parsing ";
  if (description.starts_with(kLead)) {
    description.remove_prefix(kLead.size());
  }
  return fmt::format("cannot parse {}", description);
}

}  // namespace

tl::expected<Node, Problem> parse_toml(std::string_view text, const std::string& source) {
  if (auto problem = scan_toml(text, source)) {
    return tl::unexpected(*std::move(problem));
  }
  try {
    const toml::parse_result result = toml::parse(text);
    if (!result) {
      const toml::parse_error& error = result.error();
      return tl::unexpected(Problem{Severity::kError, origin_of(error.source(), source),
                                    describe(error.description())});
    }
    return Converter(source).convert(result.table());
  } catch (const std::exception& exception) {
    return tl::unexpected(Problem{Severity::kError, Origin{source, 0, 0},
                                  fmt::format("cannot parse this text: {}", exception.what())});
  }
}

}  // namespace supervisor
