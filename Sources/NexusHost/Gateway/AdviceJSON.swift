import Control
import Text

/// Advice and what it rests on, as JSON.
enum AdviceJSON {
  /// The body of `GET /v1/fleet/recommendations`.
  static func report(_ report: AdviceReport) -> [UInt8] {
    JSONText.object { text in
      text.array("recommendations") { list in
        for recommendation in report.recommendations {
          list.object { append(recommendation, to: &$0) }
        }
      }
      text.member("fleet_enabled", report.isEnabled)
      text.member("generated_at", time(report.generated))
      text.object("history") { append(report.demand, to: &$0) }
    }
  }

  /// The members of one.
  static func append(_ recommendation: Recommendation, to text: inout JSONText) {
    let evidence = recommendation.evidence
    text.member("recommendation_id", recommendation.id)
    text.member("model_id", recommendation.model)
    text.array("target_backend_ids") { for name in recommendation.targets { $0.value(name) } }
    text.member("confidence_score", rounded(recommendation.confidence))
    text.member("reasoning", recommendation.reasoning)
    text.member("vram_required_bytes", recommendation.memoryBytes)
    text.member("generated_at", time(recommendation.generated))
    text.member("expires_at", time(recommendation.expires))
    text.object("evidence") {
      $0.member("requests", evidence.requests)
      $0.member("days", evidence.days)
      $0.member("active_days", evidence.activeDays)
      $0.member("peak_hour_utc", evidence.peakHour)
      $0.member("peak_ratio", rounded(evidence.peakRatio))
      $0.member("trend", evidence.trend.rawValue)
    }
    text.member("command", recommendation.command)
  }

  private static func append(_ demand: DemandSummary, to text: inout JSONText) {
    text.member("models", demand.models)
    text.member("judged_models", demand.judged)
    text.member("most_used_model", demand.mostUsed)
    text.member("requests", demand.requests)
    text.member("days", demand.days)
    text.member("requests_needed", demand.requestsNeeded)
    text.member("days_needed", demand.daysNeeded)
  }

  /// The body of `GET /advice/history` on the control socket: requests by hour and weekday at a moment
  /// in Unix seconds, in UTC.
  static func history(_ history: DemandHistory?, at now: Int64) -> [UInt8] {
    let hour = ModelDemand.hour(of: now)
    return JSONText.object { text in
      text.member("fleet_enabled", history != nil)
      text.array("models") { list in
        let models = history?.models ?? [:]
        for (model, demand) in models.sorted(by: { $0.key < $1.key }) {
          let profile = DemandProfile(demand, until: hour)
          list.object { text in
            text.member("model", model)
            text.member("requests", profile.hours.reduce(0, +))
            text.member("active_days", profile.activeDays)
            text.array("hours") { for count in profile.hours { $0.value(count) } }
            text.array("week") { days in
              for day in profile.week { days.array { for count in day { $0.value(count) } } }
            }
          }
        }
      }
    }
  }

  /// As RFC 3339 has it; nil before anything was looked at.
  private static func time(_ seconds: Int64) -> String? {
    seconds == 0 ? nil : UTCTime(unixSeconds: seconds).text
  }

  private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
