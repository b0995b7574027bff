/// One thing that a driver must be or do.
public struct ConformanceCheck: Equatable, Sendable {
  /// The name by which reports and `--only` call it: "exchange.cuts".
  public let id: String
  /// What holds if it passes, in words.
  public let title: String

  /// What comes before the dot: file, load, table or exchange.
  public var group: String { String(id.prefix { $0 != "." }) }

  private init(_ id: String, _ title: String) {
    self.id = id
    self.title = title
  }

  /// Every check in the order of reports.
  public static let all = [
    ConformanceCheck("file.format", "is a shared library for this machine"),
    ConformanceCheck("file.permissions", "only its owner can change the file"),
    ConformanceCheck("file.exports", "exports nexus_driver_entry and nothing else"),
    ConformanceCheck("file.imports", "imports nothing that reaches outside"),
    ConformanceCheck("file.needed", "needs libc and libm only"),
    ConformanceCheck("file.runpath", "looks for libraries in no directory of its own"),
    ConformanceCheck("file.stack", "wants no executable stack"),
    ConformanceCheck("file.relocations", "needs no writing to its code"),
    ConformanceCheck("file.note", "describes itself in a note"),

    ConformanceCheck("load.maps", "can be mapped"),
    ConformanceCheck("load.crash", "survives being mapped"),
    ConformanceCheck("load.hang", "is mapped in time"),
    ConformanceCheck("load.calls", "calls nobody while it is mapped"),

    ConformanceCheck("table.entry", "gives its table to a host of its major version"),
    ConformanceCheck("table.major", "gives nothing to hosts of other major versions"),
    ConformanceCheck("table.stable", "gives the same table every time"),
    ConformanceCheck("table.crash", "can be asked and read without a crash"),
    ConformanceCheck("table.hang", "answers at once"),
    ConformanceCheck("table.calls", "calls nobody for that"),
    ConformanceCheck("table.size", "says the size that it has"),
    ConformanceCheck("table.functions", "has begin, resume and end"),
    ConformanceCheck("table.id", "has a reverse domain as its id"),
    ConformanceCheck("table.version", "has a version"),
    ConformanceCheck("table.text", "has a summary and a licence that can be read"),
    ConformanceCheck("table.types", "serves a type"),
    ConformanceCheck("table.operations", "declares operations, and relays some of these only"),
    ConformanceCheck("table.ports", "has ports that are some"),
    ConformanceCheck("table.services", "has services that DNS-SD knows"),
    ConformanceCheck("table.zone", "has a zone that is defined"),
    ConformanceCheck("table.cancel", "has a way to cancel that is defined"),
    ConformanceCheck("table.extension", "knows that it has no unheard-of ability"),
    ConformanceCheck("table.note", "says the same in its note"),
    ConformanceCheck("table.refused", "is accepted by the host"),

    ConformanceCheck("exchange.success", "does all that it declares with some recording"),
    ConformanceCheck("exchange.expect", "does what the recordings of its own servers say"),
    ConformanceCheck("exchange.verdict", "returns verdicts that can follow"),
    ConformanceCheck("exchange.request", "describes requests that can be sent"),
    ConformanceCheck("exchange.requests", "gets by with 32 requests"),
    ConformanceCheck("exchange.reports", "reports facts that can be read"),
    ConformanceCheck("exchange.answer", "writes answers that can be passed on"),
    ConformanceCheck("exchange.relayed", "relays what it declares, and nothing else"),
    ConformanceCheck("exchange.errors", "takes no refusal for a success"),
    ConformanceCheck("exchange.identity", "is not certain of other people's servers"),
    ConformanceCheck("exchange.determinism", "does the same again"),
    ConformanceCheck("exchange.cuts", "does the same however replies are cut"),
    ConformanceCheck("exchange.threads", "does the same beside other exchanges"),
    ConformanceCheck("exchange.borrowed", "uses nothing after it was lent"),
    ConformanceCheck("exchange.bounds", "stays within what it was lent"),
    ConformanceCheck("exchange.crash", "never crashes"),
    ConformanceCheck("exchange.hang", "never hangs"),
    ConformanceCheck("exchange.time", "takes little time for each call"),
    ConformanceCheck("exchange.memory", "keeps no memory, and not all of an endless reply"),
    ConformanceCheck("exchange.calls", "calls nobody outside of itself"),
  ]

  /// The check of that name, or nil.
  public static func named(_ id: String) -> ConformanceCheck? { all.first { $0.id == id } }
}
