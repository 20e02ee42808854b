#include "shippers/file/path_template.h"

#include <fmt/format.h>

#include <algorithm>

namespace shippers {

std::string_view stream_name(logging::Stream stream) {
  switch (stream) {
    case logging::Stream::kStdout:
      return "stdout";
    case logging::Stream::kStderr:
      return "stderr";
  }
  return "stdout";
}

std::string safe_component(std::string_view name) {
  constexpr char kDelete = 0x7f;
  std::string safe(name.empty() ? "_" : name);
  for (char& c : safe) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == kDelete;
    c = c == '/' || control ? '_' : c;
  }
  if (safe.front() == '.') {
    safe.front() = '_';
  }
  return safe;
}

base::Result<PathTemplate> PathTemplate::parse(std::string_view text) {
  PathTemplate result;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) {
      result.parts_.push_back({.kind = Kind::kLiteral, .literal = std::move(literal)});
      literal.clear();
    }
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      literal += rest[0];
      ++at;
    } else if (rest[0] != '{') {
      literal += rest[0];
    } else {
      const std::size_t end = rest.find('}');
      const std::string_view name = rest.substr(1, end == rest.npos ? rest.npos : end - 1);
      const auto kind = name == "service"  ? Kind::kService
                        : name == "stream" ? Kind::kStream
                        : name == "host"   ? Kind::kHost
                                           : Kind::kLiteral;
      if (end == rest.npos || kind == Kind::kLiteral) {
        return base::fail(base::ErrorCode::kInvalid,
                          fmt::format("cannot use \"{{{}}}\" in \"{}\": the names are {{service}} "
                                      "{{stream}} {{host}}; write {{{{ for a brace",
                                      name, text));
      }
      end_literal();
      result.parts_.push_back({.kind = kind, .literal = {}});
      at += end;
    }
  }
  end_literal();
  return result;
}

std::string PathTemplate::path(std::string_view service, logging::Stream stream,
                               std::string_view host) const {
  return text(safe_component(service), stream, safe_component(host));
}

std::string PathTemplate::text(std::string_view service, logging::Stream stream,
                               std::string_view host) const {
  std::string out;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Kind::kLiteral:
        out += part.literal;
        break;
      case Kind::kService:
        out += service;
        break;
      case Kind::kStream:
        out += stream_name(stream);
        break;
      case Kind::kHost:
        out += host;
        break;
    }
  }
  return out;
}

bool PathTemplate::names_stream() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.kind == Kind::kStream; });
}

}  // namespace shippers
