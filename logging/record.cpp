#include "logging/record.h"

#include <algorithm>
#include <utility>

namespace logging {

namespace {

std::uint64_t bit_of(std::string_view name) {
  if (name.empty()) {
    return 1;
  }
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  const auto middle = static_cast<unsigned char>(name[name.size() / 2]);
  return std::uint64_t{1} << ((first * 3U + last * 5U + middle * 7U + name.size()) % 64U);
}

}  // namespace

bool FieldList::set(std::string_view name, Value value, bool plain_name) {
  if (Field* known = find(name)) {
    known->value = value;
    return true;
  }
  if (fields_.size() >= RecordLimits::kFields) {
    return false;
  }
  seen_ |= bit_of(name);
  fields_.push_back({name, value, plain_name});
  return true;
}

bool FieldList::remove(std::string_view name) {
  const Field* found = find(name);
  if (found == nullptr) {
    return false;
  }
  fields_.erase(fields_.begin() + (found - fields_.data()));
  return true;
}

Field* FieldList::find(std::string_view name) {
  return const_cast<Field*>(std::as_const(*this).find(name));
}

const Field* FieldList::find(std::string_view name) const {
  if ((seen_ & bit_of(name)) == 0) {
    return nullptr;
  }
  const auto found = std::ranges::find(fields_, name, &Field::name);
  return found == fields_.end() ? nullptr : &*found;
}

}  // namespace logging
