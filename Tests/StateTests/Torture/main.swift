// Writes numbered records as fast as it can and says of each when it was acknowledged, until it is
// killed:
//
//     state-torture DIRECTORY COMPACT_ABOVE FIRST COUNT [FILE_SIZE_LIMIT]
//
// Says first what it found: "fact KIND KEY VALUE" for each fact, "lost BYTES" if something was
// discarded, and "ready". Then "ack N" or "error N MESSAGE" in the order of writing.
import Control
import Glibc

/// Says a line at once: what was acknowledged must be known when the process is killed.
@Sendable func say(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

let arguments = CommandLine.arguments
let numbers = arguments.compactMap { Int($0) }
guard arguments.count > 4, numbers.count == arguments.count - 2 else { exit(2) }
if numbers.count > 3 {
  var limit = rlimit(rlim_cur: rlim_t(numbers[3]), rlim_max: rlim_t(numbers[3]))
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
do {
  let location = StateLocation.directory(arguments[1], isExplicit: true)
  let (store, report) = try StateStore.open(location, compactAbove: numbers[0])
  for record in store.records {
    let value = String(decoding: record.value ?? [], as: UTF8.self)
    say("fact \(record.kind) \(record.key) \(value)")
  }
  if report.discardedBytes > 0 { say("lost \(report.discardedBytes)") }
  say("ready")
  for number in numbers[1]..<numbers[1] + numbers[2] {
    let answer: @Sendable (StateError?) -> Void = { error in
      say(error.map { "error \(number) \($0)" } ?? "ack \(number)")
    }
    let record = TortureRecord.number(number)
    if number % TortureRecord.window == 0 {
      // So that no more than these are ever under way.
      do throws(StateError) {
        try store.put(record)
        answer(nil)
      } catch {
        answer(error)
      }
    } else {
      store.put(record, completion: answer)
    }
  }
  store.close()
} catch {
  say("failed \(error)")
  exit(1)
}
