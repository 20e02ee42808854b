// What requests mean for a service with instances: supervisor/config/instances.h.
#include <algorithm>
#include <iterator>
#include <utility>

#include "supervisor/config/instances.h"
#include "supervisor/control/request_handler.h"

namespace supervisor {

/// The name of a service with instances stands for all of them.
void RequestHandler::expand_names(Request& request) const {
  if (request.verb == Verb::kRotate || request.verb == Verb::kTap ||
      request.verb == Verb::kUpgrade || request.verb == Verb::kDebugFault) {
    return;
  }
  const std::vector<std::string> known = port_.service_names();
  std::vector<std::string> names;
  for (const std::string& name : request.names) {
    const std::size_t before = names.size();
    std::ranges::copy_if(known, std::back_inserter(names),
                         [&](const std::string& service) { return is_addressed(service, name); });
    if (names.size() == before) {
      names.push_back(name);  // who looks for it tells that there is none
    }
  }
  request.names = std::move(names);
}

base::Result<Answer> RequestHandler::scale(const Request& request) {
  TRY(find_places(request));
  Request all = request;
  all.names = {std::string(template_of(request.names.front()))};
  TRY(port_.scale(all.names.front(), request.count));
  expand_names(all);
  all.verb = Verb::kStart;
  return transition(all);
}

}  // namespace supervisor
