import Config
import Testing

@testable import Fleet
@testable import Routing

/// What models cost.
@Suite struct PriceTests {
  @Test(arguments: [
    ("gpt-4o", 2.5), ("gpt-4o-2024-08-06", 2.5), ("gpt-4o-2024-05-13", 5), ("gpt-4o-mini", 0.15),
    ("gpt-4o-mini-2024-07-18", 0.15), ("openai/gpt-4.1", 2), ("o1-pro", 150), ("gpt-4", 30),
    ("claude-sonnet-4-20250514", 3), ("models/gemini-2.5-pro", 2.5),
    ("text-embedding-3-small", 0.02),
  ]) func theLongestEntryDecides(_ model: String, _ input: Double) {
    #expect(PriceList.price(of: model)?.input == input)
  }

  @Test func whatIsNotListedHasNoPrice() {
    for model in ["llama3:8b", "gpt-oss-20b", "gpt-4ox", "", "o1x"] {
      #expect(PriceList.price(of: model) == nil, "\(model)")
    }
    // Of a service that takes money it is taken for the dearest of its kind.
    #expect(PriceList.assumed(for: "claude-next") == ModelPrice(input: 15, output: 75))
    #expect(PriceList.assumed(for: "unheard-of") == ModelPrice(input: 150, output: 600))
  }

  @Test func aCostIsRoundedUp() {
    let price = ModelPrice(input: 0.15, output: 0.6)
    #expect(price.cost(input: 1_000_000, output: 0) == 150_000)
    #expect(price.cost(input: 1, output: 0) == 1)
    #expect(price.cost(input: 0, output: 0) == 0)
    #expect(price.cost(input: .max, output: .max) == 1_000_000_000_000_000)
  }

  @Test func whatIsConfiguredComesBeforeTheList() {
    let cloud = FleetFixture.member(
      "cloud", models: [FleetFixture.model("gpt-4o"), FleetFixture.model("gpt-4o-mini")]
    ) { $0.zone = .open }
    let home = FleetFixture.member("home", models: [FleetFixture.model("gpt-4o")])
    let table = PriceTable([
      "gpt-4o*": Settings.Price(input: 7, output: 8), "gpt-4o-mini": .init(input: 0, output: 0),
      "*": .init(input: 1, output: 1),
    ])
    let fleet = FleetSnapshot(members: [cloud, home], prices: table)
    let prices = fleet.candidates(for: "gpt-4o").map(\.price)
    #expect(prices == [ModelPrice(input: 7, output: 8), nil])
    #expect(fleet.candidates(for: "gpt-4o-mini").map(\.price) == [nil])
  }
}
