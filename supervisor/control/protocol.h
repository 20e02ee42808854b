// The words of a request line, as they travel over the control socket.
//
//     status web
//     restart web nginx --timeout 30s
//     status "a name with spaces"
//
// One line of words with spaces between, ended by a newline, so that a person can type it into
// `nc -U`. A word that is empty or holds a space, a quote, a backslash or a control byte stands in
// double quotes, with \" \\ \n \t \r and \xHH inside. All other bytes stand for themselves.
// The answer is one line of JSON: an object with a member "error" (and "code") when it failed.
// Pure. Threads: any.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace supervisor {

struct ProtocolLimits {
  static constexpr std::size_t kWords = 512;
};

/// The line for `words`, with its newline.
[[nodiscard]] std::string make_request_line(std::span<const std::string> words);

/// `line` without its newline; a final carriage return is forgiven. kInvalid: a quote that does not
/// end, an unknown escape, an unquoted control byte, too many words.
[[nodiscard]] base::Result<std::vector<std::string>> parse_words(std::string_view line);

/// {"error": message, "code": ...}: how an Error travels.
[[nodiscard]] std::string make_error_json(const base::Error& error);
[[nodiscard]] std::string_view error_code_name(base::ErrorCode code);

}  // namespace supervisor
