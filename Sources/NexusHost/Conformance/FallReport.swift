import CConform
import NexusPluginABI

/// Says what a child that fell was doing, and which check that fails.
struct FallReport {
  let page: TrialPage
  let ending: TrialProcess.Ending
  /// As `waitpid` gave it.
  let status: Int32

  /// The thread that fell; of those of a child that hangs the first one that is in the driver.
  private var thread: Int {
    let told = Int(page.address.pointee.fault.thread)
    if ending != .hung { return min(told, Int(CONFORM_THREADS) - 1) }
    return (0..<Int(CONFORM_THREADS)).first { page.step($0).place != CONFORM_IN_HOST } ?? 0
  }

  func finding() -> ConformanceFinding {
    let step = page.step(thread)
    let group: String
    switch step.place {
    case CONFORM_IN_LOAD: group = "load"
    case CONFORM_IN_ENTRY, CONFORM_IN_TABLE, CONFORM_IN_EXTENSION: group = "table"
    default: group = page.names(thread).exchange.isEmpty ? "table" : "exchange"
    }
    let names = page.names(thread)
    let (check, text) = words(step)
    return ConformanceFinding(
      "\(group).\(check)", text, exchange: names.exchange, play: names.play, place: place(step))
  }

  private func words(_ step: conform_step) -> (check: String, text: String) {
    let fault = page.address.pointee.fault
    if ending == .hung { return ("hang", "It does not come back from \(call(step)).") }
    switch fault.kind {
    case CONFORM_FAULT_CALL:
      let name = conform_call_name(fault.number).map { String(cString: $0) }
      return (
        "calls",
        "It makes the system call \(name ?? "number \(fault.number)") in \(call(step)). A driver has "
          + "no use for the kernel."
      )
    case CONFORM_FAULT_BORROWED:
      return (
        "borrowed",
        "It uses \(Self.lent(fault.lent)) in \(call(step)), when the call that lent it was over."
      )
    case CONFORM_FAULT_BOUNDS: return ("bounds", bounds(fault, step))
    case CONFORM_FAULT_SIGNAL:
      if fault.overflow != 0 {
        return ("crash", "Its stack overflows in \(call(step)).")
      }
      let name = conform_signal_name(fault.number).map { "SIG\(String(cString: $0))" }
      return (
        "crash", "It crashes in \(call(step)) with \(name ?? "signal \(fault.number)")\(at(fault))."
      )
    default: return ended(step)
    }
  }

  /// Nothing was noted: something ended the process from inside, or the kernel did.
  private func ended(_ step: conform_step) -> (String, String) {
    let signal = status & 0x7F
    // SIGSYS that could not be delivered.
    if signal == 31 { return ("calls", "It makes a forbidden system call in \(call(step)).") }
    if signal == 24 || signal == 9 && step.place != CONFORM_IN_HOST {
      return ("hang", "It used up its time in \(call(step)).")
    }
    if signal != 0 {
      let name = conform_signal_name(UInt32(signal)).map { "SIG\(String(cString: $0))" }
      return ("crash", "It ends in \(call(step)) with \(name ?? "signal \(signal)").")
    }
    return ("calls", "It ends the process in \(call(step)).")
  }

  private func bounds(_ fault: conform_fault, _ step: conform_step) -> String {
    let what = Self.lent(fault.lent)
    if fault.writes != 0, fault.offset >= 0, fault.offset < Int64(fault.size) {
      return "It writes into \(what) in \(call(step)), which it may only read."
    }
    let verb = fault.writes != 0 ? "writes" : "reads"
    let beyond = fault.offset - Int64(fault.size)
    if beyond >= 0 {
      return "It \(verb) byte \(beyond + 1) behind the end of \(what) (\(fault.size) bytes) in "
        + "\(call(step))."
    }
    return
      "It \(verb) outside of \(what) (\(fault.size) bytes, at \(fault.offset)) in \(call(step))."
  }

  private func at(_ fault: conform_fault) -> String {
    guard fault.number == 11 || fault.number == 7 else { return "" }
    return " at address 0x\(String(fault.address, radix: 16))"
  }

  /// The call in which it happened.
  private func call(_ step: conform_step) -> String {
    let name: String
    switch step.place {
    case CONFORM_IN_LOAD: name = "a constructor, while it was mapped"
    case CONFORM_IN_ENTRY: name = "nexus_driver_entry()"
    case CONFORM_IN_TABLE: name = "its table, which the host was reading"
    case CONFORM_IN_EXTENSION: name = "extension()"
    case CONFORM_IN_BEGIN: name = "begin()"
    case CONFORM_IN_RESUME: name = "resume(\(Self.event(step.event)))"
    case CONFORM_IN_END: name = "end()"
    default: name = "the host, after a call of it"
    }
    guard step.sink != 0 else { return name }
    return "\(name), where the host was reading what sink.\(Self.function(step.sink))() got"
  }

  /// Number of the call and the bytes that it was given.
  private func place(_ step: conform_step) -> String {
    guard step.call > 0 else { return "" }
    guard step.size > 0 else { return "call \(step.call)" }
    let bytes = page.bytes(thread)
    let text = bytes.map { byte in
      switch byte {
      case 0x0A: "\\n"
      case 0x0D: "\\r"
      case 0x22: "\\\""
      case 0x5C: "\\\\"
      case 0x20...0x7E: String(UnicodeScalar(byte))
      default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }.joined()
    let more = step.size > UInt64(bytes.count) ? "…" : ""
    return "call \(step.call) with \(step.size) bytes: \"\(text)\(more)\""
  }

  private static func event(_ event: UInt32) -> String {
    switch event {
    case NEXUS_REPLY_HEAD: "HEAD"
    case NEXUS_REPLY_BODY: "BODY"
    case NEXUS_REPLY_END: "END"
    case NEXUS_REPLY_BROKEN: "BROKEN"
    default: "\(event)"
    }
  }

  private static func function(_ number: UInt32) -> String {
    let names = ["request", "header", "body", "body_part", "answer", "emit", "report", "fail"]
    return number >= 1 && Int(number) <= names.count ? names[Int(number) - 1] : "?"
  }

  private static func lent(_ what: UInt32) -> String {
    switch what {
    case CONFORM_LENT_OPERATION: "the operation"
    case CONFORM_LENT_TYPE: "the backend's type"
    case CONFORM_LENT_MODEL: "the model's name"
    case CONFORM_LENT_CLIENT_BODY: "the client's body"
    case CONFORM_LENT_MODEL_JSON: "the model's name in JSON"
    case CONFORM_LENT_REPLY: "the reply"
    case CONFORM_LENT_FIELDS: "the header fields"
    case CONFORM_LENT_FIELD_TEXT: "the text of a header field"
    case CONFORM_LENT_PIECE: "a piece of the body"
    case CONFORM_LENT_SINK: "the sink"
    case CONFORM_LENT_STATE: "the place for its state"
    default: "what it was lent"
    }
  }
}
