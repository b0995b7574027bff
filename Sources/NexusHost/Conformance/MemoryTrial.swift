import CConform
import Drivers

/// Looks at the memory of a driver: after many exchanges, and with replies that do not end.
struct MemoryTrial {
  let stage: TrialStage

  /// What a driver may keep of one reply: what the host lets it hold back, and as much again twice
  /// over while it makes room.
  private static let mostKept: UInt64 = 48 << 20
  private static let rounds = 200
  /// Less than this for each exchange is an accident of counting: malloc gives nothing below 32 bytes.
  private static let leastLeak = 20

  func run() {
    var looked: [RecordedExchange] = []
    for index in stage.playable {
      // The other children have other addresses, and should come to the same.
      let (whole, playing) = stage.play(stage.exchanges[index], .whole)
      stage.page.setDigest(index, whole.digest)
      guard whole.succeeded || stage.isOwn(stage.exchanges[index]), !whole.asksForEver else {
        continue
      }
      // One of each kind is enough of what does not end.
      let recording = stage.exchanges[index]
      if !looked.contains(where: { $0.kind == recording.kind && $0.stream == recording.stream }) {
        looked.append(recording)
      }
      leaks(stage.exchanges[index], calls: playing.calls)
    }
    // One that keeps everything takes its time each time.
    for recording in looked where !endless(recording) { break }
  }

  private func leaks(_ recording: RecordedExchange, calls: Int) {
    turn(recording, calls, rounds: 60)
    var least = Int.max
    // What grows but once is no leak.
    for _ in 0..<2 {
      let before = conform_allocated()
      turn(recording, calls, rounds: Self.rounds)
      least = min(least, Int(conform_allocated()) - Int(before))
    }
    guard least >= Self.rounds * Self.leastLeak else { return }
    stage.note(
      "exchange.memory",
      "Each exchange leaves about \(least / Self.rounds) bytes behind (\(Self.rounds) of them, some "
        + "whole and some cancelled, \(least) bytes).", recording, .whole)
  }

  /// Exchanges that go to their end, and others that are cancelled after each of their calls.
  private func turn(_ recording: RecordedExchange, _ calls: Int, rounds: Int) {
    for round in 0..<rounds {
      let isWhole = round % 3 == 0 || calls < 2
      let play = isWhole ? Play.whole : .cancelled(1 + round % (calls - 1))
      conform_play(recording.name, play.label, 0)
      _ = Playing(stage.driver, recording, play).run()
    }
  }

  /// Whether a reply that does not end is given up in time.
  private func endless(_ recording: RecordedExchange) -> Bool {
    conform_play(recording.name, Play.endless.label, 1)
    let before = conform_allocated()
    let playing = Playing(stage.driver, recording, .endless)
    while playing.step() {
      let kept = conform_allocated() &- before
      if kept > Self.mostKept, kept < UInt64.max / 2 {
        stage.note(
          "exchange.memory",
          "Of a reply that does not end it keeps \(kept >> 20) MiB and more. The host shows at most 16 "
            + "MiB before it relays.", recording, .endless)
        _ = playing.close()
        return false
      }
      if let slowness = TrialStage.slowness(conform_taken()) {
        stage.note("exchange.time", slowness, recording, .endless)
        stage.giveUp()
      }
    }
    let found = playing.close()
    for fault in stage.judge.faults(recording, .endless, found) {
      stage.note(fault.check, fault.text, recording, .endless)
    }
    return true
  }
}
