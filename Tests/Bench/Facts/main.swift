// Times how long it takes to check a request and to find what routing has to know of it: best of
// many rounds, beside `memchr` over the same bytes in the same run.
//
//   swift run -c release facts-bench

import Glibc
import Text

func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Nanoseconds of one call, the best of some rounds of about 20 ms altogether.
func best(_ bytes: Int, _ body: () -> Void) -> Double {
  let calls = max(1, 200_000 / (bytes + 100))
  var best = UInt64.max
  for _ in 0..<60 {
    let start = nanoseconds()
    for _ in 0..<calls { body() }
    best = min(best, nanoseconds() - start)
  }
  return Double(best) / Double(calls)
}

/// A chat of about `size` bytes whose one user message is `text`, again and again.
func chat(_ size: Int, _ text: String) -> [UInt8] {
  let head = #"{"model":"llama3.2","messages":[{"role":"system","content":"Be brief."},"#
  let tail = #"],"stream":true,"max_tokens":256}"#
  var body = Array((head + #"{"role":"user","content":""#).utf8)
  let unit = Array(text.utf8)
  repeat { body += unit } while body.count + tail.utf8.count + unit.count < size
  body += Array((#""}"# + tail).utf8)
  return body
}

/// A chat of about `size` bytes in messages of 400 bytes.
func turns(_ size: Int) -> [UInt8] {
  var body = Array(#"{"model":"llama3.2","messages":["#.utf8)
  let words = String(repeating: "so many words of a chat ", count: 15)
  let message = Array(#"{"role":"user","content":"\#(words)"}"#.utf8)
  repeat { body += message + [UInt8(ascii: ",")] } while body.count + message.count < size
  body += message + Array(#"],"stream":true}"#.utf8)
  return body
}

func pad(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

func fixed(_ value: Double, _ digits: Int) -> String {
  let scale = digits == 0 ? 1.0 : digits == 1 ? 10.0 : 100.0
  let whole = UInt64((value * scale).rounded())
  guard digits > 0 else { return "\(whole)" }
  let rest = "\(whole % UInt64(scale))"
  return "\(whole / UInt64(scale))." + String(repeating: "0", count: digits - rest.count) + rest
}

func measure(_ name: String, _ body: [UInt8]) {
  var outline = RequestOutline()
  var failures = 0
  let scan = best(body.count) {
    do { try RequestScan.read(body.span, into: &outline) } catch { failures += 1 }
  }
  guard failures == 0, outline.model != nil else { return print("\(name): not valid") }
  // Bytes that no request holds, another one each time, so that no search is left out.
  var rare: Int32 = 0
  var found = 0
  let plain = best(body.count) {
    rare = rare & 7 + 1
    body.withUnsafeBytes {
      guard let start = $0.baseAddress, memchr(start, rare, $0.count) == nil else {
        return found += 1
      }
    }
  }
  print(
    "\(pad("\(body.count)", 9)) B \(pad(fixed(scan / 1_000, 2), 9)) µs"
      + " \(pad(fixed(Double(body.count) / scan, 1), 6)) GB/s"
      + " \(pad(fixed(scan / plain, 1), 7)) × memchr   \(name)\(found > 0 ? "?" : "")")
}

let ascii = "The quick brown fox jumps over the lazy dog, and nobody asks it why. "
let escaped = #"A line as one finds it in any source\nand one of \"quoted words in the next line. "#
let german = "Über größere Flüsse führen schöne Brücken, sagt man überall im Land. "
for size in [200, 32 << 10, 1 << 20] {
  measure("plain ASCII", chat(size, ascii))
  measure("an escape every 40 bytes", chat(size, escaped))
  measure("Chinese", chat(size, "天地玄黄宇宙洪荒日月盈昃辰宿列张"))
  measure("German", chat(size, german))
  if size > 1_000 { measure("messages of 400 bytes", turns(size)) }
}
