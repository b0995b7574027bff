// Written by scripts/driver-notes from Plugins/drivers.txt; change that file instead.
import DriverKit

/// What the table of this driver says.
let description = DriverDescription(
  id: "org.nexus.exo", version: "1.0.0",
  summary: "exo: one model spread over the machines of a house",
  licence: "MIT", types: ["exo"],
  ports: [52415], services: [],
  operations: OperationSet(
    .identify, .survey, .chat, .load, .unload))

// The same as an ELF note, which can be read without running the library.
// swift-format-ignore
@section(".note.nexus.driver") @used
let driverNote: (
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32
) = (
  0x00000006, 0x000000ba, 0x00000001, 0x7578654e, 0x00000073, 0x6f3d6469, 0x6e2e6772, 0x73757865,
  0x6f78652e, 0x7265760a, 0x6e6f6973, 0x302e313d, 0x610a302e, 0x313d6962, 0x740a312e, 0x73657079,
  0x6f78653d, 0x65706f0a, 0x69746172, 0x3d736e6f, 0x6e656469, 0x79666974, 0x7275732c, 0x2c796576,
  0x74616863, 0x616f6c2c, 0x6e752c64, 0x64616f6c, 0x726f700a, 0x353d7374, 0x35313432, 0x7265730a,
  0x65636976, 0x6c0a3d73, 0x6e656369, 0x4d3d6563, 0x730a5449, 0x616d6d75, 0x653d7972, 0x203a6f78,
  0x20656e6f, 0x65646f6d, 0x7073206c, 0x64616572, 0x65766f20, 0x68742072, 0x616d2065, 0x6e696863,
  0x6f207365, 0x20612066, 0x73756f68, 0x00000a65
)
