import StripModel
import StripProbes
import Testing

/// What holds a value for each entry of a list has room for the whole list.
struct CatalogueTests {
  @Test func `every catalogue fits into its samples, value by value`() {
    func check<Catalogue: MetricCatalogue>(_: Catalogue.Type) {
      #expect(Catalogue.allCases.count <= SampleValues.capacity)
      var sample = Sample<Catalogue>()
      for (index, metric) in Catalogue.allCases.enumerated() { sample[metric] = Int64(index) }
      for (index, metric) in Catalogue.allCases.enumerated() { #expect(sample[metric] == Int64(index)) }
    }
    check(ProcessMetric.self)
    check(MachineMetric.self)
    check(CPUMetric.self)
    check(DiskMetric.self)
    check(NetworkMetric.self)
    check(RecorderMetric.self)
    check(CgroupMetric.self)
    check(SurveyMetric.self)
    check(GPUMetric.self)
    check(GPUProcessMetric.self)
  }

  @Test(arguments: [ProcessProbe.all.count, MachineProbe.all.count, CgroupProbe.all.count])
  func `a set of probes tells each of a list from the others`(count: Int) {
    for index in 0..<count {
      var set = ProbeSet()
      set.insert(index)
      #expect((0..<count).filter { set.contains($0) } == [index])
    }
  }
}
