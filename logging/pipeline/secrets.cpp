#include "logging/pipeline/secrets.h"

#include <algorithm>
#include <cstring>

#include "logging/pipeline/card_numbers.h"

namespace logging {

namespace {

using Found = std::optional<SecretSpan>;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || is_letter(c);
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_base64url(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}
constexpr bool is_token(char c) {
  return is_base64url(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}

template <typename Test>
std::size_t run_end(std::string_view text, std::size_t at, Test test) {
  while (at < text.size() && test(text[at])) {
    ++at;
  }
  return at;
}

template <typename Test>
std::size_t run_begin(std::string_view text, std::size_t at, std::size_t least, Test test) {
  while (at > least && test(text[at - 1])) {
    --at;
  }
  return at;
}

std::size_t find(std::string_view text, std::string_view needle, std::size_t from) {
  if (from >= text.size()) {
    return std::string_view::npos;
  }
  const void* found =
      ::memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// --- addresses ----------------------------------------------------------------------------------

constexpr bool is_local_part(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}
constexpr bool is_domain(char c) {
  return is_alphanumeric(c) || c == '.' || c == '-';
}

Found find_email(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('@', from); at != std::string_view::npos;
       at = text.find('@', at + 1)) {
    const std::size_t begin = run_begin(text, at, from, is_local_part);
    std::size_t end = run_end(text, at + 1, is_domain);
    while (end > at + 1 && !is_alphanumeric(text[end - 1])) {
      --end;  // the full stop behind it
    }
    const std::string_view domain = text.substr(at + 1, end - at - 1);
    const std::size_t dot = domain.rfind('.');
    if (begin < at && dot != std::string_view::npos && dot > 0 && domain.size() - dot > 2 &&
        std::all_of(domain.begin() + static_cast<std::ptrdiff_t>(dot) + 1, domain.end(),
                    is_letter)) {
      return SecretSpan{begin, end};
    }
  }
  return std::nullopt;
}

/// The end of a number up to 255 at `at`; `at` itself: none.
std::size_t octet_end(std::string_view text, std::size_t at) {
  unsigned value = 0;
  std::size_t end = at;
  while (end < text.size() && end < at + 3 && is_digit(text[end])) {
    value = value * 10 + static_cast<unsigned>(text[end++] - '0');
  }
  return value <= 255 ? end : at;
}

Found ipv4_at(std::string_view text, std::size_t begin) {
  std::size_t at = begin;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (at >= text.size() || text[at] != '.') {
        return std::nullopt;
      }
      ++at;
    }
    const std::size_t end = octet_end(text, at);
    if (end == at) {
      return std::nullopt;
    }
    at = end;
  }
  const bool longer =
      at < text.size() &&
      (is_digit(text[at]) || (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1])));
  return longer ? std::nullopt : Found({begin, at});
}

Found find_ipv4(std::string_view text, std::size_t from) {
  for (std::size_t dot = text.find('.', from); dot != std::string_view::npos;) {
    const std::size_t begin = run_begin(text, dot, from, is_digit);
    const bool starts =
        begin < dot && (begin == 0 || !(is_letter(text[begin - 1]) || text[begin - 1] == '.'));
    if (starts) {
      if (const Found address = ipv4_at(text, begin)) {
        return address;
      }
    }
    dot = text.find('.', dot + 1);
  }
  return std::nullopt;
}

/// Hex groups of up to four with colons: eight of them, or fewer around one `::`.
bool is_ipv6(std::string_view run) {
  std::size_t groups = 0;
  std::size_t digits = 0;
  bool compressed = false;
  for (std::size_t at = 0; at < run.size(); ++at) {
    if (run[at] != ':') {
      groups += digits == 0 ? 1U : 0U;
      if (++digits > 4) {
        return false;
      }
      continue;
    }
    const bool doubled = at + 1 < run.size() && run[at + 1] == ':';
    if (doubled && compressed) {
      return false;
    }
    if (!doubled && digits == 0 && !(at > 0 && run[at - 1] == ':')) {
      return false;
    }
    compressed = compressed || doubled;
    digits = 0;
  }
  const bool ends_well = run.empty() || run.back() != ':' || run.ends_with("::");
  return ends_well && (compressed ? groups >= 1 && groups <= 7 : groups == 8);
}

Found find_ipv6(std::string_view text, std::size_t from) {
  const auto is_part = [](char c) { return is_hex(c) || c == ':'; };
  for (std::size_t colon = text.find(':', from); colon != std::string_view::npos;) {
    const bool hopeful = colon + 1 < text.size() && is_part(text[colon + 1]);
    if (!hopeful) {
      colon = text.find(':', colon + 1);
      continue;
    }
    const std::size_t begin = run_begin(text, colon, from, is_part);
    const std::size_t end = run_end(text, colon, is_part);
    const bool alone = (begin == 0 || !is_alphanumeric(text[begin - 1])) &&
                       (end == text.size() || !is_alphanumeric(text[end]));
    std::size_t last = end;
    while (last > begin && text[last - 1] == ':' &&
           !text.substr(begin, last - begin).ends_with("::")) {
      --last;  // the colon behind it
    }
    if (alone && is_ipv6(text.substr(begin, last - begin))) {
      return SecretSpan{begin, last};
    }
    colon = text.find(':', end);
  }
  return std::nullopt;
}

// --- tokens and keys
// ------------------------------------------------------------------------------

constexpr std::size_t kTokenBytesMin = 8;

Found find_bearer(std::string_view text, std::size_t from) {
  constexpr std::string_view kRest = "earer ";
  for (std::size_t at = find(text, kRest, from); at != std::string_view::npos;
       at = find(text, kRest, at + 1)) {
    const std::size_t begin = run_end(text, at + kRest.size(), [](char c) { return c == ' '; });
    const std::size_t end = run_end(text, begin, is_token);
    const bool named = at > from && (text[at - 1] == 'B' || text[at - 1] == 'b');
    if (named && end - begin >= kTokenBytesMin) {
      return SecretSpan{begin, end};
    }
  }
  return std::nullopt;
}

/// AKIA... and its like: four letters of a known kind and sixteen more.
Found find_aws_id(std::string_view text, std::size_t from) {
  constexpr std::size_t kBytes = 20;
  constexpr std::array<std::string_view, 4> kKinds{"AKIA", "ASIA", "AROA", "AIDA"};
  const auto is_id = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); };
  Found first;
  for (const std::string_view kind : kKinds) {
    for (std::size_t at = find(text, kind, from); at != std::string_view::npos;
         at = find(text, kind, at + 1)) {
      const std::size_t end = run_end(text, at, is_id);
      if (end - at == kBytes && (at == 0 || !is_alphanumeric(text[at - 1]))) {
        first = !first || at < first->begin ? Found({at, end}) : first;
        break;
      }
    }
  }
  return first;
}

/// The forty characters behind a name that ends in secret_access_key or SecretAccessKey.
Found find_aws_secret(std::string_view text, std::size_t from) {
  constexpr std::size_t kBytes = 40;
  constexpr std::size_t kNameBytesMax = 24;
  const auto is_secret = [](char c) { return is_alphanumeric(c) || c == '/' || c == '+'; };
  for (std::size_t at = find(text, "ccess", from); at != std::string_view::npos;
       at = find(text, "ccess", at + 1)) {
    const std::size_t end_of_name = std::min(text.size(), at + kNameBytesMax);
    std::size_t begin =
        run_end(text, at, [](char c) { return is_letter(c) || c == '_' || c == '-'; });
    begin = run_end(text, begin, [](char c) {
      return c == '"' || c == '\'' || c == ':' || c == '=' || c == ' ' || c == '\\';
    });
    const std::size_t end = run_end(text, begin, is_secret);
    if (begin < end_of_name && end - begin == kBytes) {
      return SecretSpan{begin, end};
    }
  }
  return std::nullopt;
}

Found find_aws_key(std::string_view text, std::size_t from) {
  const Found id = find_aws_id(text, from);
  const Found secret = find_aws_secret(text, from);
  if (id && secret) {
    return id->begin < secret->begin ? id : secret;
  }
  return id ? id : secret;
}

Found find_jwt(std::string_view text, std::size_t from) {
  constexpr std::string_view kHeader = "eyJ";  // {" in base64
  for (std::size_t at = find(text, kHeader, from); at != std::string_view::npos;
       at = find(text, kHeader, at + 1)) {
    const std::size_t header = run_end(text, at, is_base64url);
    if (header >= text.size() || text[header] != '.' || header - at < kTokenBytesMin) {
      continue;
    }
    const std::size_t payload = run_end(text, header + 1, is_base64url);
    if (payload - header < kTokenBytesMin || payload >= text.size() || text[payload] != '.') {
      continue;
    }
    return SecretSpan{at, run_end(text, payload + 1, is_base64url)};
  }
  return std::nullopt;
}

Found find_private_key(std::string_view text, std::size_t from) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kKey = "PRIVATE KEY";
  constexpr std::string_view kEnd = "-----END ";
  constexpr std::size_t kLabelBytesMax = 48;
  for (std::size_t at = find(text, kBegin, from); at != std::string_view::npos;
       at = find(text, kBegin, at + 1)) {
    if (text.substr(at, kLabelBytesMax).find(kKey) == std::string_view::npos) {
      continue;
    }
    const std::size_t end = find(text, kEnd, at);
    const std::size_t closing =
        end == std::string_view::npos ? end : find(text, "-----", end + kEnd.size());
    // Without an end all that follows may be the key.
    return SecretSpan{at, closing == std::string_view::npos ? text.size() : closing + 5};
  }
  return std::nullopt;
}

}  // namespace

Found find_secret(Secret secret, std::string_view text, std::size_t from) {
  switch (secret) {
    case Secret::kCreditCard:
      return find_card(text, from);
    case Secret::kEmail:
      return find_email(text, from);
    case Secret::kIpv4:
      return find_ipv4(text, from);
    case Secret::kIpv6:
      return find_ipv6(text, from);
    case Secret::kBearer:
      return find_bearer(text, from);
    case Secret::kAwsKey:
      return find_aws_key(text, from);
    case Secret::kJwt:
      return find_jwt(text, from);
    case Secret::kPrivateKey:
      return find_private_key(text, from);
  }
  return std::nullopt;
}

std::optional<Secret> parse_secret(std::string_view name) {
  const auto names = enum_names(Secret{});
  for (std::size_t index = 0; index < names.size(); ++index) {
    const bool same = std::equal(name.begin(), name.end(), names[index].begin(), names[index].end(),
                                 [](char a, char b) { return (a == '-' ? '_' : a) == b; });
    if (same) {
      return static_cast<Secret>(index);
    }
  }
  return std::nullopt;
}

}  // namespace logging
