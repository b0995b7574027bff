import Glibc

/// Seconds since 1970.
func unixNow() -> Int { Int(time(nil)) }

/// RFC 3339, in UTC, for the servers that date things so.
func rfc3339(_ seconds: Int) -> String {
  var moment = time_t(seconds)
  var parts = tm()
  gmtime_r(&moment, &parts)
  let two = HeadStyle.twoDigits
  return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).123456Z"
}
