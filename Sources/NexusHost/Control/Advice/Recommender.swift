import Config
import Text

/// Makes advice of what was counted: which model to have in memory at further backends.
///
/// Pure. What is loaded and used is never advised against, and nothing is done by itself.
public struct Recommender: Sendable {
  let settings: Settings.Fleet
  private let memory: MemoryEstimate.Rules

  /// A peak this many times the average hour is one.
  private static let markedPeak = 2.0

  public init(_ settings: Settings.Fleet, _ memory: MemoryEstimate.Rules) {
    self.settings = settings
    self.memory = memory
  }

  /// The advice at `now` (Unix seconds), most certain first. `unloaded`: models that somebody unloaded
  /// on purpose lately, by backend; they are left alone there.
  public func advise(
    _ history: DemandHistory, _ places: [WarmPlace], unloaded: [String: Set<String>] = [:],
    at now: Int64
  ) -> [Recommendation] {
    let hour = ModelDemand.hour(of: now)
    var all: [Recommendation] = []
    for (model, demand) in history.models {
      guard let evidence = DemandEvidence(demand, until: hour), isEnough(evidence),
        isCandidate(evidence)
      else { continue }
      let targets = targets(for: model, places, unloaded)
      guard !targets.isEmpty else { continue }
      all.append(recommendation(model, evidence, targets, places, now))
    }
    all.sort { ($1.confidence, $0.model) < ($0.confidence, $1.model) }
    return Array(all.prefix(max(0, settings.maxRecommendations)))
  }

  /// Whether a model was used often enough and over enough days.
  public func isEnough(_ evidence: DemandEvidence) -> Bool {
    evidence.requests >= settings.minRequestCount && evidence.days >= settings.minSampleDays
  }

  func isCandidate(_ evidence: DemandEvidence) -> Bool {
    evidence.peakRatio >= Self.markedPeak || evidence.trend == .increasing
  }

  /// Half of it is the pattern, a quarter each how many requests and how many days it rests on.
  func confidence(_ evidence: DemandEvidence) -> Double {
    let ratio = evidence.peakRatio
    let pattern = ratio >= Self.markedPeak ? min((ratio - 1) / 3, 1) : 0.2
    let sample = min(Double(evidence.requests) / Double(5 * max(1, settings.minRequestCount)), 1)
    let days = min(Double(evidence.activeDays) / Double(2 * max(1, settings.minSampleDays)), 1)
    return min(max(0.5 * pattern + 0.25 * sample + 0.25 * days, 0), 1)
  }

  /// Backends that list the model, could load it and have not, best first.
  private func targets(
    for model: String, _ places: [WarmPlace], _ unloaded: [String: Set<String>]
  ) -> [String] {
    places.compactMap { place -> (fit: MemoryEstimate.Fit, name: String)? in
      guard place.isUp, place.loadsOnCommand, !place.isBusy, let entry = place[model],
        entry.isLoadable, !entry.isLoaded, !entry.isLoading,
        unloaded[place.name]?.contains(model) != true
      else { return nil }
      let fit = place.estimate.fit(entry.need, memory)
      return fit == .none ? nil : (fit, place.name)
    }.sorted { ($0.fit, $0.name) < ($1.fit, $1.name) }.map(\.name)
  }

  private func recommendation(
    _ model: String, _ evidence: DemandEvidence, _ targets: [String], _ places: [WarmPlace],
    _ now: Int64
  ) -> Recommendation {
    let hot = places.filter { $0.isUp && $0[model]?.isLoaded == true }.map(\.name)
    let bytes = places.compactMap { $0[model]?.need.bytes }.max() ?? 0
    let id = NameHash.of(([model] + targets).joined(separator: "\n"))
    let digits = String(id, radix: 16)
    return Recommendation(
      id: "rec-\(String(repeating: "0", count: 16 - digits.utf8.count))\(digits)", model: model,
      targets: targets, confidence: confidence(evidence),
      reasoning: Self.reasoning(evidence, hot: hot), evidence: evidence,
      memoryBytes: bytes == 0 ? nil : bytes,
      command: "nexus models load \(ShellWord.quoted(model)) --backend"
        + " \(ShellWord.quoted(targets[0]))",
      generated: now, expires: now + Int64(settings.analysisIntervalSeconds))
  }

  private static func reasoning(_ evidence: DemandEvidence, hot: [String]) -> String {
    var sentences: [String] = []
    if evidence.peakRatio >= markedPeak {
      let tenths = Int((evidence.peakRatio * 10).rounded())
      sentences.append(
        "Usage peak at \(evidence.peakHour):00 UTC (\(tenths / 10).\(tenths % 10)x average)")
    }
    switch evidence.trend {
    case .increasing: sentences.append("Usage is increasing")
    case .decreasing: sentences.append("Usage is decreasing")
    case .stable: sentences.append("Usage is stable")
    }
    sentences.append("Based on \(evidence.requests) requests over \(evidence.days) days")
    sentences.append(
      hot.isEmpty
        ? "It is in no memory now" : "It is in memory on \(hot.joined(separator: ", ")) alone")
    return sentences.joined(separator: ". ")
  }
}

/// Words of a command line.
enum ShellWord {
  private static let plain = Set("-_./:@%+=,".utf8)

  /// The word as a POSIX shell takes it literally.
  static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: plain.contains(byte)
      }
    }
    guard !isPlain || word.isEmpty else { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: #"'\''"#) + "'"
  }
}
