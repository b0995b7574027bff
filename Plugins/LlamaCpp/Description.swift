// Written by scripts/driver-notes from Plugins/drivers.txt; change that file instead.
import DriverKit

/// What the table of this driver says.
let description = DriverDescription(
  id: "org.nexus.llamacpp", version: "1.0.0",
  summary: "llama.cpp server, with one model or as a router of many",
  licence: "MIT", types: ["llamacpp"],
  ports: [8080], services: [],
  operations: OperationSet(
    .identify, .survey, .chat, .completions, .embeddings, .countTokens,
    .load, .unload))

// The same as an ELF note, which can be read without running the library.
// swift-format-ignore
@section(".note.nexus.driver") @used
let driverNote: (
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32
) = (
  0x00000006, 0x000000ec, 0x00000001, 0x7578654e, 0x00000073, 0x6f3d6469, 0x6e2e6772, 0x73757865,
  0x616c6c2e, 0x7063616d, 0x65760a70, 0x6f697372, 0x2e313d6e, 0x0a302e30, 0x3d696261, 0x0a312e31,
  0x65707974, 0x6c6c3d73, 0x63616d61, 0x6f0a7070, 0x61726570, 0x6e6f6974, 0x64693d73, 0x69746e65,
  0x732c7966, 0x65767275, 0x68632c79, 0x632c7461, 0x6c706d6f, 0x6f697465, 0x652c736e, 0x6465626d,
  0x676e6964, 0x6f632c73, 0x5f746e75, 0x656b6f74, 0x6c2c736e, 0x2c64616f, 0x6f6c6e75, 0x700a6461,
  0x7374726f, 0x3830383d, 0x65730a30, 0x63697672, 0x0a3d7365, 0x6563696c, 0x3d65636e, 0x0a54494d,
  0x6d6d7573, 0x3d797261, 0x6d616c6c, 0x70632e61, 0x65732070, 0x72657672, 0x6977202c, 0x6f206874,
  0x6d20656e, 0x6c65646f, 0x20726f20, 0x61207361, 0x756f7220, 0x20726574, 0x6d20666f, 0x0a796e61
)
