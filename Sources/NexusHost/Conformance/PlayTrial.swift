import CConform
import Drivers

/// Plays recordings in every way on one thread.
struct PlayTrial {
  let stage: TrialStage

  /// Every play of every `count`-th recording, from number `part` on.
  func run(part: Int, of count: Int) {
    for (turn, index) in stage.playable.enumerated() where turn % count == part {
      let recording = stage.exchanges[index]
      let (whole, playing) = stage.play(recording, .whole)
      stage.page.setDigest(index, whole.digest)
      noteSuccess(recording, whole)
      let isSteady = repeats(recording, whole)
      let plays = PlayPlan.plays(
        bodies: playing.bodies, calls: playing.calls, seed: stage.seed,
        closely: whole.succeeded || stage.isOwn(recording))
      for play in plays { check(recording, play, whole, isSteady: isSteady) }
    }
  }

  /// One recording, played in one way; of those that have several parts only this one.
  func run(recording name: String, play label: String) {
    for (index, recording) in stage.exchanges.enumerated() where recording.name == name {
      guard stage.driver.supports(recording.kind) else { continue }
      let (whole, playing) = stage.play(recording, .whole)
      stage.page.setDigest(index, whole.digest)
      noteSuccess(recording, whole)
      if label == Play.whole.label { continue }
      if label == Play.again.label { _ = repeats(recording, whole) }
      let plays =
        PlayPlan.plays(
          bodies: playing.bodies, calls: playing.calls, seed: stage.seed, closely: true)
        + [.endless]
      for play in plays where play.label == label {
        check(recording, play, whole, isSteady: true)
      }
    }
  }

  private func noteSuccess(_ recording: RecordedExchange, _ whole: Transcript) {
    let reports = whole.reports
    let isUseful =
      switch recording.kind {
      case .identify: reports.identity != nil
      case .survey: reports.health != nil
      case .countTokens: reports.tokens != nil
      default: true
      }
    guard whole.succeeded, isUseful else { return }
    stage.page.address.pointee.succeeded |= 1 << UInt64(recording.kind.rawValue)
  }

  /// Whether the same comes of it again, with another heap.
  private func repeats(_ recording: RecordedExchange, _ whole: Transcript) -> Bool {
    for turn in 1...3 {
      conform_stir(UInt32(turn))
      let (again, _) = stage.play(recording, .again)
      guard let difference = again.difference(from: whole) else { continue }
      stage.note(
        "exchange.determinism", "Played once more as it was recorded, \(difference).", recording,
        .again)
      return false
    }
    return true
  }

  private func check(
    _ recording: RecordedExchange, _ play: Play, _ whole: Transcript, isSteady: Bool
  ) {
    let (found, _) = stage.play(recording, play)
    guard play.isFaithful, isSteady, let difference = found.difference(from: whole) else { return }
    stage.note("exchange.cuts", "Played \(play.words), \(difference).", recording, play)
  }
}
