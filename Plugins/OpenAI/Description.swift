// Written by scripts/driver-notes from Plugins/drivers.txt; change that file instead.
import DriverKit

/// What the table of this driver says.
let description = DriverDescription(
  id: "org.nexus.openai", version: "1.0.0",
  summary: "OpenAI and every server that speaks its protocol",
  licence: "MIT", types: ["openai", "generic"],
  ports: [], services: [],
  operations: OperationSet(
    .identify, .survey, .chat, .completions, .embeddings))

// The same as an ELF note, which can be read without running the library.
// swift-format-ignore
@section(".note.nexus.driver") @used
let driverNote: (
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
) = (
  0x00000006, 0x000000cc, 0x00000001, 0x7578654e, 0x00000073, 0x6f3d6469, 0x6e2e6772, 0x73757865,
  0x65706f2e, 0x0a69616e, 0x73726576, 0x3d6e6f69, 0x2e302e31, 0x62610a30, 0x2e313d69, 0x79740a31,
  0x3d736570, 0x6e65706f, 0x672c6961, 0x72656e65, 0x6f0a6369, 0x61726570, 0x6e6f6974, 0x64693d73,
  0x69746e65, 0x732c7966, 0x65767275, 0x68632c79, 0x632c7461, 0x6c706d6f, 0x6f697465, 0x652c736e,
  0x6465626d, 0x676e6964, 0x6f700a73, 0x3d737472, 0x7265730a, 0x65636976, 0x6c0a3d73, 0x6e656369,
  0x4d3d6563, 0x730a5449, 0x616d6d75, 0x4f3d7972, 0x416e6570, 0x6e612049, 0x76652064, 0x20797265,
  0x76726573, 0x74207265, 0x20746168, 0x61657073, 0x6920736b, 0x70207374, 0x6f746f72, 0x0a6c6f63
)
