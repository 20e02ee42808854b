#include "shippers/delivery/verdict.h"

namespace shippers {

Verdict classify_status(int status) {
  if (status >= 200 && status < 300) {
    return Verdict::kAccepted;
  }
  if (status >= 300 && status < 400) {
    return Verdict::kPark;  // a redirect is not followed: it could carry the token elsewhere
  }
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 407:
      return Verdict::kPark;
    case 408:
    case 425:
    case 429:
      return Verdict::kRetry;
    case 413:
      return Verdict::kSplit;
    default:
      return status >= 400 && status < 500 ? Verdict::kReject : Verdict::kRetry;
  }
}

}  // namespace shippers
