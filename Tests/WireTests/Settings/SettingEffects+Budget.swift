import Foundation

extension SettingEffect {
  /// `[routing.budget]`: a dear model on another party's machine, and the same on one of ours.
  static let budget: [SettingEffect] = [
    SettingEffect("routing.budget.monthly_limit_usd", ["0.1": "503", "1000.0": "200", "": "200"]) {
      try ask($0, ["routing.budget.hard_limit_action": #""block_cloud""#], ["cloud"])
    },
    SettingEffect("routing.budget.soft_limit_percent", ["0.0": "200 local", "99.0": "200 cloud"]) {
      try ask($0, ["routing.budget.monthly_limit_usd": "1000.0"], ["cloud", "local"])
    },
    SettingEffect(
      "routing.budget.hard_limit_action", [#""block_cloud""#: "503", #""warn""#: "200"]
    ) { try ask($0, ["routing.budget.monthly_limit_usd": "0.1"], ["cloud"]) },
    SettingEffect(
      "routing.policies[].max_cost_per_request", ["0.1": "503", "100.0": "200", "": "200"]
    ) { try ask($0, [:], ["cloud"], policies: [["model_pattern": #""*""#]]) },
    SettingEffect(
      "routing.prices",
      [
        "": "60 cents", #"{ "o1-*" = "1/20" }"#: "2 cents",
        #"{ "o1-*" = "1/20", "o1-pro" = "0/0" }"#: "none",
      ]
    ) { try estimate($0) },
  ]

  /// What a thousand tokens of answer and a short prompt are said to cost.
  private static func estimate(_ trial: SettingTrial) throws -> String {
    let simulator = try trial.simulate(["vllm:0,name=cloud,model=o1-pro,ttft=1,tps=0"])
    let gateway = try trial.start(
      backends: SettingTrial.tables(simulator, ["cloud": ["zone": #""open""#]]))
    let answer = try trial.ask(gateway, SettingTrial.chat("o1-pro", #""max_tokens":1000,"#))
    guard let dollars = Double(answer.field("x-nexus-cost-estimated")) else { return "none" }
    return "\(Int(dollars * 100)) cents"
  }

  private static func ask(
    _ trial: SettingTrial, _ settings: SettingTrial.Values, _ names: [String],
    policies: [SettingTrial.Values] = []
  ) throws -> String {
    let simulator = try trial.simulate(names.map { "vllm:0,name=\($0),model=o1-pro,ttft=1,tps=0" })
    trial.environment["STATE_DIRECTORY"] = "\(trial.folder)/state"
    let gateway = try trial.start(
      settings,
      backends: SettingTrial.tables(
        simulator,
        [
          "cloud": ["zone": #""open""#, "priority": "1"], "local": ["priority": "99"],
        ]), policies: policies)
    let answer = try trial.ask(gateway, SettingTrial.chat("o1-pro", #""max_tokens":1000,"#))
    return names.count > 1 ? "\(answer.status) \(answer.server)" : "\(answer.status)"
  }
}
