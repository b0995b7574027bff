import Config
import Drivers
import Fleet
import HTTP
import Testing

/// What becomes of a request whose client has gone: the driver proposes, the configuration decides.
@Suite struct CancelPolicyTests {
  private func policy(
    driver drain: UInt32?, _ cancel: Settings.Cancel? = nil, seconds: Int? = nil
  ) throws -> CancelPolicy {
    let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: 1)
    var settings = Settings.Backend(name: "a", endpoint: endpoint)
    settings.cancel = cancel
    settings.cancelDrainSeconds = seconds
    let driver = try #require(FleetFixture.driver(FleetFixture.everything, drain: drain))
    return Backend(settings, kind: BackendKind(type: "fake", driver: driver)).cancel
  }

  @Test func theDriverProposes() throws {
    #expect(try policy(driver: nil) == .abort)
    #expect(try policy(driver: 2_500) == .drain(milliseconds: 2_500))
  }

  @Test func theConfigurationDecides() throws {
    #expect(try policy(driver: 2_500, .abort) == .abort)
    #expect(try policy(driver: 2_500, seconds: 7) == .drain(milliseconds: 7_000))
    #expect(try policy(driver: 2_500, .drain) == .drain(milliseconds: 2_500))
    #expect(try policy(driver: nil, .drain) == .drain(milliseconds: 10_000))
    #expect(try policy(driver: nil, .drain, seconds: 0) == .drain(milliseconds: 0))
    // A time alone does not make a server drained.
    #expect(try policy(driver: nil, seconds: 7) == .abort)
  }

  @Test func whoIsNotKnownIsBrokenOff() {
    let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: 1)
    #expect(Backend(Settings.Backend(name: "a", endpoint: endpoint)).cancel == .abort)
  }
}
