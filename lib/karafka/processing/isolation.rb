# frozen_string_literal: true

# Owns that user code runs inside of `config.executor`. On the thread that runs the code. Must cost nothing without one.
module Karafka
  module Processing
    # @api private
    module Isolation
      class << self
        # @param executor [#wrap, nil] one that was asked for before, by those who run much
        # @return [Object] what the block gave
        def wrap(executor = App.config.executor, &block)
          executor ? executor.wrap(&block) : yield
        end

        # As {wrap}, for what must happen even when the executor itself fails, as one that loads broken code does.
        # @return [Object] what the block gave
        def try(executor = App.config.executor)
          begun = false
          wrap(executor) do
            begun = true
            yield
          end
        rescue Exception
          raise if begun

          yield
        end
      end
    end
  end
end
