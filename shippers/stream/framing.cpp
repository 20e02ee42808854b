#include "shippers/stream/framing.h"

namespace shippers {

void append_framed(std::string& out, std::string_view message, Framing framing) {
  switch (framing) {
    case Framing::kOctet:
      out += std::to_string(message.size());
      out += ' ';
      out += message;
      return;
    case Framing::kNewline:
      out += message;
      out += '\n';
      return;
    case Framing::kNul:
      out += message;
      out += '\0';
      return;
  }
}

}  // namespace shippers
