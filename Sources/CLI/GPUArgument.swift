internal import ArgumentParser
internal import StripGPU

/// `--gpus 0,1`
struct GPUArgument: ExplainedArgument {
  static let form = "numbers of GPUs, as nvidia-smi shows them: 0,1; or all; or none"

  let selection: GPUSelection

  init?(argument: String) {
    switch argument {
    case "all": selection = .all
    case "none": selection = .none
    default:
      var indices: [Int] = []
      for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
        guard let index = Int(word), index >= 0 else { return nil }
        if !indices.contains(index) { indices.append(index) }
      }
      selection = .only(indices)
    }
  }
}
