package import StripRecording
internal import StripPlatform

extension Sampler {
  /// An entry in the journal about the whole run, by whoever knows more of it than the sampler.
  package func note(_ name: StaticString, _ values: [Annotation]) {
    journal.note(name, at: Clock.boottime(), on: journal.runTrack, values)
  }
}
