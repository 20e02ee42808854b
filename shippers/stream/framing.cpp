#include "shippers/stream/framing.h"

namespace shippers {

void append_framed(std::string& out, std::string_view message, Framing framing) {
  if (framing == Framing::kOctet) {
    out += std::to_string(message.size());
    out += ' ';
  }
  out += message;
  if (framing == Framing::kNewline) {
    out += '\n';
  }
}

}  // namespace shippers
