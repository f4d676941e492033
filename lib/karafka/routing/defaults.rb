# frozen_string_literal: true

# Owns how a word of a route finds its value: its own, else the setting of that name. Extends the classes of routes.
module Karafka
  module Routing
    # @api private
    module Defaults
      # Defines a writer and a reader for each word. The first read is kept, so that later changes of settings do not
      # reach a route.
      # @param words [Array<Symbol>]
      # @yieldparam config [Setup::Config]
      # @yieldreturn [Setup::Settings] the node that has the settings of these names
      # @return [void]
      def default(words)
        attr_writer(*words)

        words.each do |word|
          variable = :"@#{word}"
          define_method(word) do
            value = instance_variable_get(variable)
            NilClass === value ? instance_variable_set(variable, yield(@config).public_send(word)) : value
          end
        end
      end
    end
  end
end
