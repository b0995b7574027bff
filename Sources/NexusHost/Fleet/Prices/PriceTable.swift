import Drivers
import Config
import Text

/// What models cost where somebody takes money for them: what was configured, and else the list that
/// comes with the program.
public struct PriceTable: Sendable {
  private struct Pattern: Sendable {
    let pattern: NamePattern
    let price: ModelPrice
  }

  private let configured: [String: Settings.Price]
  private var exact: [String: ModelPrice] = [:]
  /// Those with the longest literal beginning first.
  private var patterns: [Pattern] = []

  public init(_ configured: [String: Settings.Price] = [:]) {
    self.configured = configured
    for (name, price) in configured {
      let pattern = NamePattern(name)
      let price = ModelPrice(input: price.input, output: price.output)
      if pattern.isLiteral {
        exact[name] = price
      } else {
        patterns.append(Pattern(pattern: pattern, price: price))
      }
    }
    patterns.sort {
      ($1.pattern.literalPrefix, $0.pattern.text) < ($0.pattern.literalPrefix, $1.pattern.text)
    }
  }

  /// What a model costs on a backend; nil for nothing. Only what another party computes costs
  /// anything: models that have a price, and whatever a service has that is known to take money.
  func price(of model: Model, on backend: Backend) -> ModelPrice? {
    guard model.report.isRemote || backend.zone == .open else { return nil }
    if let price = configuredPrice(of: model.id) { return price.isFree ? nil : price }
    if let price = PriceList.price(of: model.id) { return price }
    guard let kind = backend.kind, Backend.isCloud(kind) else { return nil }
    return PriceList.assumed(for: model.id)
  }

  /// Whether a model's price is a guess, since it stands in no list.
  public func isAssumed(for model: Model, on backend: Backend) -> Bool {
    price(of: model, on: backend) != nil && configuredPrice(of: model.id) == nil
      && PriceList.price(of: model.id) == nil
  }

  private func configuredPrice(of name: String) -> ModelPrice? {
    exact[name] ?? patterns.first { $0.pattern.matches(name) }?.price
  }
}

extension PriceTable: Equatable {
  public static func == (left: PriceTable, right: PriceTable) -> Bool {
    left.configured == right.configured
  }
}
