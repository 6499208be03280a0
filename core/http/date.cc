#include "core/http/date.h"

#include <cstring>

namespace sp::http {
namespace {

void TwoDigits(char* to, int64_t value) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void HttpDate::Update(WallTime now) {
  using std::chrono::days;
  using std::chrono::seconds;
  const int64_t second = std::chrono::floor<seconds>(now).time_since_epoch().count();
  if (second == second_) return;
  second_ = second;
  const auto day = std::chrono::floor<days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::weekday weekday(day);
  const int64_t of_day = second - std::chrono::duration_cast<seconds>(day.time_since_epoch()).count();
  const int year = static_cast<int>(date.year());

  std::memcpy(text_, "Sun, 00 Jan 0000 00:00:00 GMT", kBytes);
  std::memcpy(text_, &"SunMonTueWedThuFriSat"[weekday.c_encoding() * 3], 3);
  TwoDigits(text_ + 5, static_cast<unsigned>(date.day()));
  std::memcpy(text_ + 8, &"JanFebMarAprMayJunJulAugSepOctNovDec"[(static_cast<unsigned>(date.month()) - 1) * 3], 3);
  TwoDigits(text_ + 12, year / 100);
  TwoDigits(text_ + 14, year % 100);
  TwoDigits(text_ + 17, of_day / 3600);
  TwoDigits(text_ + 20, of_day / 60 % 60);
  TwoDigits(text_ + 23, of_day % 60);
}

}  // namespace sp::http
