// A line as an object of Elastic's Common Schema, as Elasticsearch and Logstash take it:
// {"@timestamp":...,"message":...,"service":{"name":...},"host":{"name":...},
// "log":{"level":...,"iostream":...}} and then the fields of a record. Pure.
#pragma once

#include <string>

#include "shippers/network/line.h"

namespace shippers {

void append_ecs_line(const Line& line, std::string& out);

/// The same with the @metadata that pipelines of Beats name indexes by.
void append_beats_line(const Line& line, std::string& out);

}  // namespace shippers
