import Synchronization
import Drivers
import Fleet
import Routing
import Telemetry

/// What all workers have counted, put together by places: made for one page.
struct MetricSum {
  let workers: [GatewayMetrics.Source]
  let labels: MetricLabels.Contents
  /// For each place what the workers have of it.
  let places: [[PlaceCells]]
  /// For each backend.
  let backends: [[BackendCells]]
  let fallbacks: [FallbackCells]
  let drivers: [DriverCells]
  /// Places by the numbers of their models.
  let placesOfModels: [[Int]]

  init(_ metrics: GatewayMetrics) {
    workers = metrics.workers
    let contents = workers.map { $0.shard.contents.withLock { $0 } }
    // After what refers to them.
    labels = metrics.labels.current
    var places = [[PlaceCells]](repeating: [], count: labels.places.count)
    var backends = [[BackendCells]](repeating: [], count: labels.backends.count)
    for part in contents {
      for cells in part.places { places[cells.place].append(cells) }
      for cells in part.backends { backends[cells.number].append(cells) }
    }
    self.places = places
    self.backends = backends
    fallbacks = contents.flatMap(\.fallbacks)
    drivers = contents.flatMap(\.drivers)
    var ofModels = [[Int]](repeating: [], count: labels.models.count)
    for (number, place) in labels.places.enumerated() where !places[number].isEmpty {
      ofModels[place.model].append(number)
    }
    placesOfModels = ofModels
  }

  // MARK: Sums

  /// The sum of a distribution that every worker has.
  func reading(_ of: (MetricShard) -> DistributionReading) -> DistributionReading {
    var sum = DistributionReading()
    for worker in workers { sum.add(of(worker.shard)) }
    return sum
  }

  func count(_ of: (MetricShard) -> UInt64) -> UInt64 {
    workers.reduce(0) { $0 &+ of($1.shard) }
  }

  static func reading(
    _ cells: [PlaceCells], _ of: (PlaceCells) -> DistributionReading
  ) -> DistributionReading {
    var sum = DistributionReading()
    for cell in cells { sum.add(of(cell)) }
    return sum
  }

  static func count(_ cells: [PlaceCells], _ of: (PlaceCells) -> UInt64) -> UInt64 {
    cells.reduce(0) { $0 &+ of($1) }
  }

  static func count(_ cells: [BackendCells], _ of: (BackendCells) -> UInt64) -> UInt64 {
    cells.reduce(0) { $0 &+ of($1) }
  }

  func placeLabels(_ number: Int) -> [(String, String)] {
    let place = labels.places[number]
    return [("model", labels.models[place.model]), ("backend", labels.backends[place.backend])]
  }

  /// All cells of a model, wherever it was served.
  func cells(ofModel number: Int) -> [PlaceCells] { placesOfModels[number].flatMap { places[$0] } }

  // MARK: Requests

  func appendRequests(to text: inout MetricText) {
    let written = places.indices.map { MetricText.labels(placeLabels($0)) }
    appendStatuses(written, to: &text)
    text.begin(MetricTable.requestDuration)
    for (number, cells) in places.enumerated() {
      let sum = Self.reading(cells) { $0.duration.reading }
      guard sum.count > 0 else { continue }
      text.histogram(written[number], sum) { bucket in
        for cell in cells { if let found = cell.exemplars.entry(in: bucket) { return found } }
        return nil
      }
    }
    appendErrors(to: &text)
    appendFallbacks(to: &text)
    text.begin(MetricTable.embeddings)
    for (number, model) in labels.models.enumerated() {
      var sums: [Int: UInt64] = [:]
      for cell in cells(ofModel: number) { cell.embeddings.add(to: &sums) }
      for (status, count) in sums.sorted(by: { $0.key < $1.key }) {
        text.sample(MetricText.labels([("model", model), ("status", "\(status)")]), count)
      }
    }
    for (family, bytes) in [
      (MetricTable.requestBytes, \PlaceCells.receivedBytes),
      (MetricTable.responseBytes, \PlaceCells.sentBytes),
    ] {
      text.begin(family)
      for (number, cells) in places.enumerated() where !cells.isEmpty {
        text.sample(written[number], Self.count(cells) { $0[keyPath: bytes] })
      }
    }
  }

  private func appendStatuses(_ written: [MetricText.Labels], to text: inout MetricText) {
    text.begin(MetricTable.requests)
    for (number, cells) in places.enumerated() {
      var sums: [Int: UInt64] = [:]
      for cell in cells { cell.statuses.add(to: &sums) }
      for (status, count) in sums.sorted(by: { $0.key < $1.key }) {
        let label = status == 0 ? MetricLabels.other : "\(status)"
        text.sample(written[number] + Array(",status=\"\(label)\"".utf8), count)
      }
    }
  }

  private func appendErrors(to text: inout MetricText) {
    text.begin(MetricTable.errors)
    for (number, model) in labels.models.enumerated() {
      let cells = cells(ofModel: number)
      for kind in ErrorKind.allCases {
        let count = Self.count(cells) { $0.errors[Int(kind.rawValue)].count }
        guard count > 0 else { continue }
        text.sample(MetricText.labels([("error_type", kind.name), ("model", model)]), count)
      }
    }
  }

  private func appendFallbacks(to text: inout MetricText) {
    var sums: [[String]: UInt64] = [:]
    for cell in fallbacks { sums[[cell.asked, cell.served], default: 0] += cell.requests.count }
    text.begin(MetricTable.fallbacks)
    for (pair, count) in sums.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let labels = MetricText.labels([("from_model", pair[0]), ("to_model", pair[1])])
      text.sample(labels, count)
    }
  }
}

extension PlaceCells {
  var receivedBytes: UInt64 { requestBytes.count }
  var sentBytes: UInt64 { responseBytes.count }
}
