import Foundation
import Testing

@testable import Text

struct HTTPDateTests {
  /// The inverse of `UTCTime` on days of all kinds: leap days, ends of years and centuries.
  @Test func readsWhatServersWrite() {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    var seconds: Int64 = 0
    while seconds < 4_300_000_000 {
      let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(HTTPDate.unixSeconds(text) == seconds, "\(text)")
      seconds += 86_400 * 7 + 12_345
    }
    #expect(HTTPDate.unixSeconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    #expect(HTTPDate.unixSeconds("Thu, 29 Feb 2024 23:59:59 GMT") == 1_709_251_199)
  }

  @Test(arguments: [
    "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08-49-37 GMT",
    "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, xx Nov 1994 08:49:37 GMT",
  ]) func refusesAnythingElse(text: String) {
    #expect(HTTPDate.unixSeconds(text) == nil)
  }

  @Test func wrapsLines() {
    #expect(LineWrap.lines("a bb ccc dddd", width: 4) == ["a bb", "ccc", "dddd"])
    #expect(LineWrap.lines("long-word a", width: 4) == ["long-word", "a"])
    #expect(LineWrap.lines("", width: 4) == [""])
  }
}
