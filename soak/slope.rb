# frozen_string_literal: true

# Owns the straight line through samples: how steep it is, and how sure that is. Pure.
class Slope
  # @param samples [Array<Array(Numeric, Numeric)>] x and y; at least three
  def initialize(samples)
    @samples = samples
    @mean_x, @mean_y = samples.transpose.map { |values| values.sum.fdiv(values.size) }
    @spread = samples.sum { |x, _| (x - @mean_x)**2 }
  end

  # @return [Float] y for each x, by least squares
  def value
    @value ||= @samples.sum { |x, y| (x - @mean_x) * (y - @mean_y) } / @spread
  end

  # Half the width of the interval that holds the slope with 95 % confidence. Samples that follow each other are alike
  # (memory goes up and down in waves), so there are fewer independent ones than samples.
  # @return [Float]
  def margin
    independent = [(@samples.size * (1 - alikeness) / (1 + alikeness)) - 2, 1].max
    1.96 * Math.sqrt(residuals.sum { |residual| residual**2 } / independent / @spread)
  end

  private

  def residuals
    @residuals ||= @samples.map { |x, y| y - @mean_y - (value * (x - @mean_x)) }
  end

  # Autocorrelation of neighbours, from 0 to just below 1.
  def alikeness
    all = residuals.sum { |residual| residual**2 }
    return 0 if all.zero?

    (residuals.each_cons(2).sum { |one, other| one * other } / all).clamp(0, 0.99)
  end
end
