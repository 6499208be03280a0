// Reading one provider: issuer, audiences, algorithms, times, and where its keys come from.
#pragma once

#include <sallyport/sdk/json.hpp>

#include <string>
#include <vector>

#include "filters/jwt/provider.h"

namespace sp::jwt {

// `place` is an entry of `providers`; what it doesn't say holds as `top`, the filter's config, says it. Where the
// provider stands at the top, both are the same. Keys that are left out are logged.
ProviderSpec ReadProvider(const sallyport::Json& place, const sallyport::Json& top);

// Each element of a list of texts; nothing where no list stands there.
std::vector<std::string> ReadTexts(const sallyport::Json& list);

}  // namespace sp::jwt
