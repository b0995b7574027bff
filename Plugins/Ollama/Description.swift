// Written by scripts/driver-notes from Plugins/drivers.txt; change that file instead.
import DriverKit

/// What the table of this driver says.
let description = DriverDescription(
  id: "org.nexus.ollama", version: "1.0.0",
  summary: "Ollama: models, residency, loading and unloading",
  licence: "MIT", types: ["ollama"],
  ports: [11434], services: ["_ollama._tcp"],
  operations: OperationSet(
    .identify, .survey, .chat, .completions, .embeddings, .load,
    .unload))

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
  UInt32, UInt32
) = (
  0x00000006, 0x000000e1, 0x00000001, 0x7578654e, 0x00000073, 0x6f3d6469, 0x6e2e6772, 0x73757865,
  0x6c6c6f2e, 0x0a616d61, 0x73726576, 0x3d6e6f69, 0x2e302e31, 0x62610a30, 0x2e313d69, 0x79740a31,
  0x3d736570, 0x616c6c6f, 0x6f0a616d, 0x61726570, 0x6e6f6974, 0x64693d73, 0x69746e65, 0x732c7966,
  0x65767275, 0x68632c79, 0x632c7461, 0x6c706d6f, 0x6f697465, 0x652c736e, 0x6465626d, 0x676e6964,
  0x6f6c2c73, 0x752c6461, 0x616f6c6e, 0x6f700a64, 0x3d737472, 0x33343131, 0x65730a34, 0x63697672,
  0x5f3d7365, 0x616c6c6f, 0x5f2e616d, 0x0a706374, 0x6563696c, 0x3d65636e, 0x0a54494d, 0x6d6d7573,
  0x3d797261, 0x616c6c4f, 0x203a616d, 0x65646f6d, 0x202c736c, 0x69736572, 0x636e6564, 0x6c202c79,
  0x6964616f, 0x6120676e, 0x7520646e, 0x616f6c6e, 0x676e6964, 0x0000000a
)
