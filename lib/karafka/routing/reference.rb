# frozen_string_literal: true

# Owns the way from what a route names, a class or the name of one, to the class as it is now. Written while routes are
# drawn; read from every thread after, and forgotten while no user code runs. Must not check what the class is.
module Karafka
  module Routing
    # What a word of a route refers to.
    # @api private
    class Reference
      # What a constant is called.
      CONSTANT = /\A(::)?[[:upper:]]\w*(::[[:upper:]]\w*)*\z/

      class << self
        # @return [Boolean, nil] may classes be replaced by new code while the process runs?
        attr_accessor :reloading
        # @return [#call, nil] tells, by the name of a class, where its file was looked for
        attr_accessor :places
      end

      # @return [Object] as it stands in the route
      attr_reader :given

      # @param given [Module, String, Object]
      # @param place [String] which route, for error texts
      # @yieldparam type [Object] what was found; each time it is looked up
      def initialize(given, place, &found)
        @given = given
        @place = place
        @found = found
        @name = String === given ? given.delete_prefix("::") : (given.name if Module === given)
        keep(given) unless by_name?
      end

      # @return [Boolean] does the route give the name alone, so that the class is loaded when it is needed?
      def by_name?
        String === @given && CONSTANT.match?(@given)
      end

      # @return [Object]
      # @raise [Errors::MissingClass]
      def current
        @known ? @current : keep(Object.const_get(@name))
      rescue NameError => e
        raise unless e.instance_of?(NameError) && @name&.split("::")&.include?(e.name.to_s)

        raise Errors::MissingClass, "#{@place} is #{@name} but #{missing}; define it, or mend the route"
      end

      # @return [String] for error texts
      def missing
        "there is no such class#{self.class.places&.call(@name)}"
      end

      # Has the class looked up again, by its name, when it is needed next. One that has no name stays.
      # @return [void]
      def forget
        @known = false if @name
      end

      private

      def keep(type)
        @found&.call(type)
        @known = true
        @current = type
      end
    end
  end
end
