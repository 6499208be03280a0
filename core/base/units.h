// Units as people write them in configuration: durations `5s`, `250ms`, `1h30m`; sizes `64KiB`, `10MB`, `512`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace sp {

// Units ns us ms s m h d, several from large to small, decimals allowed in each (`1.5s`); `0` needs no unit. Nothing
// for anything else, a negative value, or one above 2^63-1 ns.
std::optional<Duration> ParseDuration(std::string_view text);
// Units B KB MB GB TB (powers of 1000), KiB MiB GiB TiB (powers of 1024); no unit is bytes. Nothing for anything else.
std::optional<uint64_t> ParseByteSize(std::string_view text);
// Shortest exact form that ParseDuration reads back: `1.5s`, `250ms`, `0s`.
std::string FormatDuration(Duration d);

}  // namespace sp
