import Foundation
import Testing

/// No key of the configuration does nothing.
@Suite struct SettingEffectTests {
  /// Files that differ in one key make gateways that behave differently.
  @Test(arguments: SettingEffect.all) func changesWhatTheGatewayDoes(_ effect: SettingEffect)
    async throws
  {
    #expect(Set(effect.sights.map(\.seen)).count > 1, "the values of \(effect.key) look the same")
    for (index, sight) in effect.sights.enumerated() {
      let seen = try await SettingBench.observe(effect, index, .start)
      #expect(seen == sight.seen, "\(effect.key) = \(sight.value ?? "nothing")")
    }
  }

  /// The same is seen when a gateway that runs with the first value is given the last; or it says
  /// that the key needs a restart, if the reference says so.
  @Test(arguments: SettingEffect.all) func changesWithoutARestart(_ effect: SettingEffect)
    async throws
  {
    let last = effect.sights.count - 1
    let before = effect.sights[0].value
    let isLive = SettingReference.live.contains(effect.key)
    do {
      let seen = try await SettingBench.observe(effect, last, .reload(from: before))
      #expect(isLive)
      #expect(seen == effect.sights[last].seen, "\(effect.key) after a reload")
    } catch is SettingTrial.RestartNeeded {
      #expect(!isLive)
    }
  }

  /// Whoever adds a key adds the proof that it does something.
  @Test func everyKeyIsProven() {
    let keys = SettingReference.keys.map(\.path)
    #expect(keys.count >= 50, "docs/CONFIGURATION.md has another form")
    let proven = SettingEffect.all.map(\.key)
    let missing = keys.filter { !proven.contains($0) }
    #expect(missing.isEmpty, "nobody has proven that these do something")
    #expect(proven.filter { !keys.contains($0) }.isEmpty, "keys that there are not")
    #expect(Set(proven).count == proven.count, "a key is proven twice")
  }
}

/// Trials wait much and compute little, so more of them run at once than there are cores.
enum SettingBench {
  private static let queue: OperationQueue = {
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 6
    return queue
  }()

  static func observe(
    _ effect: SettingEffect, _ index: Int, _ way: SettingTrial.Way
  ) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      queue.addOperation {
        continuation.resume(
          with: Result {
            let trial = try SettingTrial(effect, index, way)
            defer { trial.finish() }
            return try effect.observe(trial)
          })
      }
    }
  }
}
