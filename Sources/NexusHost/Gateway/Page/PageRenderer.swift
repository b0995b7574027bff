import Text

/// Makes the page at "/" and the parts of it that change: every fact is in them, escaped, so that the
/// page serves without its script. Any thread.
enum PageRenderer {
  /// All parts, each replaced as a whole when it has changed.
  static func sections(_ snapshot: LiveSnapshot) -> [PageSection] {
    [
      PageSection(name: "clock", html: ClockSection.html(snapshot).bytes),
      PageSection(name: "summary", html: SummarySection.html(snapshot).bytes),
      PageSection(name: "budget", html: BudgetSection.html(snapshot).bytes),
      PageSection(name: "fleet", html: FleetSection.html(snapshot).bytes),
      PageSection(name: "charts", html: ChartSection.html(snapshot).bytes),
      PageSection(name: "live", html: LiveSection.html(snapshot).bytes),
      PageSection(name: "jobs", html: JobSection.html(snapshot).bytes),
      PageSection(name: "history", html: HistorySection.html(snapshot.history).bytes),
      PageSection(name: "models", html: MatrixSection.html(snapshot).bytes),
      PageSection(name: "advice", html: AdviceSection.html(snapshot).bytes),
      PageSection(name: "pick", html: ModelChoice.html(snapshot).bytes),
    ]
  }
}
