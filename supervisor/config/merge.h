// Lays configuration trees over one another: tables merge, values and lists are replaced.
//
// `remove = true` in a table takes it out of what earlier sources said, `replace = true` first
// drops what they said in it; both keys are gone from the result. What was removed, and where, is
// kept, so that an error about somebody who needs it can name both places.
// Pure.
#pragma once

#include <map>
#include <string>

#include "supervisor/config/node.h"

namespace supervisor {

struct MergedTree {
  Node root;
  std::map<std::string, Origin> removed;  // path ("sink.files") -> its `remove = true`
};

void merge_source(MergedTree& tree, Node source, Problems& problems);

/// Lays `over` above `under`, which is [defaults]: what `over` has wins, tables merge, and what
/// comes from `under` is marked.
void inherit(Node& over, const Node& under);

}  // namespace supervisor
