import CConform
import Drivers

/// Plays recordings beside each other: alternating on one thread, and on several at once.
struct ThreadTrial {
  let stage: TrialStage
  let gang: Gang

  private static let rounds = 12
  private static let cut = Play.every(11)

  func run() {
    let steady = stage.playable.compactMap { index -> Solo? in
      let recording = stage.exchanges[index]
      let (whole, _) = stage.play(recording, .whole)
      stage.page.setDigest(index, whole.digest)
      conform_stir(UInt32(index))
      guard stage.play(recording, .again).0 == whole else { return nil }
      // Cut as it is cut beside others: what cuts do is another check's business.
      conform_play(recording.name, Self.cut.label, 0)
      return Solo(
        recording: recording, whole: Playing(stage.driver, recording, Self.cut).run())
    }
    guard !steady.isEmpty else { return }
    for distance in [0, 1, 2, 5] {
      for index in steady.indices {
        alternate(steady[index], steady[(index + distance) % steady.count])
      }
    }
    together(steady)
  }

  /// A recording, and what comes of it when it is alone.
  struct Solo: Sendable {
    let recording: RecordedExchange
    let whole: Transcript
  }

  private func alternate(_ one: Solo, _ other: Solo) {
    conform_play(one.recording.name, Play.beside.label, 0)
    let plays = [
      Playing(stage.driver, one.recording, Self.cut),
      Playing(stage.driver, other.recording, Self.cut),
    ]
    var isGoing = [true, true]
    while isGoing.contains(true) {
      for index in 0..<2 where isGoing[index] { isGoing[index] = plays[index].step() }
    }
    for (playing, solo) in zip(plays, [one, other]) {
      guard let difference = playing.close().difference(from: solo.whole) else { continue }
      let beside = playing === plays[0] ? other : one
      stage.note(
        "exchange.threads",
        "Alternating with \(beside.recording.name) on one thread, \(difference). Does it keep anything "
          + "outside of its exchange?", solo.recording, .beside)
    }
  }

  private func together(_ solos: [Solo]) {
    let driver = stage.driver
    let page = stage.page
    // No two threads begin with the same.
    gang.run { number in
      for round in 0..<Self.rounds {
        for turn in solos.indices {
          let solo = solos[(turn &* (2 &* number &+ 1) &+ round) % solos.count]
          conform_play(solo.recording.name, Play.together.label, 0)
          let found = Playing(driver, solo.recording, Self.cut).run()
          guard let difference = found.difference(from: solo.whole) else { continue }
          page.add(
            "exchange.threads", "On several threads at once, \(difference).",
            exchange: solo.recording.name, play: Play.together.label)
          return
        }
      }
    }
  }
}
