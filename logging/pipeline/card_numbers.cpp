#include "logging/pipeline/card_numbers.h"

#include <array>

namespace logging {

namespace {

using Found = std::optional<SecretSpan>;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::size_t kCardDigitsMin = 13;
constexpr std::size_t kCardDigitsMax = 19;

constexpr bool is_card_byte(char c) {
  return is_digit(c) || c == ' ' || c == '-';
}

bool is_issued(std::string_view digits) {
  const auto number = [digits](std::size_t count) {
    unsigned value = 0;
    for (const char c : digits.substr(0, count)) {
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
  };
  const unsigned two = number(2);
  const unsigned four = number(4);
  return digits[0] == '4' || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) ||
         two == 34 || two == 37 || two == 36 || two == 38 || two == 39 || (two == 30) ||
         two == 35 || four == 6011 || two == 65 || (four >= 6440 && four <= 6499) || two == 62 ||
         two == 50 || (two >= 56 && two <= 59) || two == 63 || two == 67;
}

bool has_luhn_sum(std::string_view digits) {
  int sum = 0;
  for (std::size_t index = 0; index < digits.size(); ++index) {
    int digit = digits[digits.size() - 1 - index] - '0';
    if (index % 2 == 1) {
      digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    }
    sum += digit;
  }
  return sum % 10 == 0;
}

/// A card in a run of card bytes that begins with a digit at `begin`: all of its digits, or none.
Found card_at(std::string_view text, std::size_t begin) {
  std::array<char, kCardDigitsMax> digits{};
  std::size_t count = 0;
  std::size_t end = begin;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (is_digit(text[at])) {
      if (count == digits.size()) {
        return std::nullopt;
      }
      digits[count++] = text[at];
      end = at + 1;
    } else if (!is_card_byte(text[at]) || !is_digit(text[at - 1])) {
      break;  // two separators in a row end it
    }
  }
  const std::string_view number(digits.data(), count);
  const bool is_card = count >= kCardDigitsMin && is_issued(number) && has_luhn_sum(number);
  return is_card ? Found({begin, end}) : std::nullopt;
}

}  // namespace

/// Goes in steps of the shortest card: only where a step meets a card byte is it looked around.
Found find_card(std::string_view text, std::size_t from) {
  for (std::size_t probe = from + kCardDigitsMin - 1; probe < text.size();) {
    if (!is_card_byte(text[probe])) {
      probe += kCardDigitsMin;
      continue;
    }
    std::size_t begin = probe;
    while (begin > from && is_card_byte(text[begin - 1])) {
      --begin;
    }
    std::size_t end = probe;
    while (end < text.size() && is_card_byte(text[end])) {
      ++end;
    }
    for (std::size_t at = begin; at + kCardDigitsMin <= end; ++at) {
      if (is_digit(text[at]) && (at == begin || !is_digit(text[at - 1]))) {
        if (const Found card = card_at(text, at)) {
          return card;
        }
      }
    }
    probe = end + kCardDigitsMin;
  }
  return std::nullopt;
}

}  // namespace logging
