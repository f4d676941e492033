# frozen_string_literal: true

require "pathname"
require "rbs"
require "yaml"

# Owns comparing sig/ with the gem that is loaded, both ways. Knows no class by name but Params, which answers what a
# Hash does without defining it.
class Signatures
  ROOT = File.expand_path("../..", __dir__)
  FOLDER = Pathname.new(File.join(ROOT, "sig"))
  HOOKS = %i[inherited included extended].freeze

  # A class or module of sig/ and what Ruby has by that name; `singleton` for its class methods.
  Side = Struct.new(:name, :definition, :target, :separator) do
    # @return [Hash{Symbol => RBS::Definition::Method}] what this class itself says
    def own
      definition.methods.select { |_, method| method.defined_in.to_s == name }
    end

    def path(method)
      "#{name.delete_prefix("::")}#{separator}#{method}"
    end
  end

  # @return [Array<String>] libraries of Ruby that the signatures name, as far as RBS does not know them anyway
  def self.libraries
    names = YAML.safe_load_file(FOLDER.join("manifest.yaml")).fetch("dependencies").map { |it| it.fetch("name") }
    names.select { |name| RBS::EnvironmentLoader.new.has_library?(library: name, version: nil) }
  end

  def initialize
    loader = RBS::EnvironmentLoader.new
    self.class.libraries.each { |name| loader.add(library: name, version: nil) }
    loader.add(path: FOLDER)
    environment = RBS::Environment.from_loader(loader).resolve_type_names
    @builder = RBS::DefinitionBuilder.new(env: environment)
    @types = environment.class_decls.keys.select { |type| type.to_s.match?(/\A::(Karafka|WaterDrop)(::|\z)/) }
  end

  # @return [Array<String>] names of classes and modules
  def names
    @types.map { |type| type.to_s.delete_prefix("::") }
  end

  # @return [Array<String>] methods of sig/ that the gem does not have, or not like that
  def wrong
    sides.flat_map do |side|
      side.own.reject { |name, method| right?(side.target, name, method) }.keys.map { |name| side.path(name) }
    end
  end

  # @return [Array<String>] public methods of the gem that sig/ does not have
  def missing
    sides.flat_map do |side|
      own = side.target.public_instance_methods(false).select { |name| told?(side.target.instance_method(name)) }
      (own - HOOKS).reject { |name| side.definition.methods.key?(name) }.map { |name| side.path(name) }
    end
  end

  private

  def sides
    @sides ||= @types.flat_map do |type|
      ruby = Object.const_get(type.to_s)
      [Side.new(type.to_s, @builder.build_instance(type), ruby, "#"),
       Side.new(type.to_s, @builder.build_singleton(type), ruby.singleton_class, ".")]
    end
  end

  def right?(target, name, method)
    target = Karafka::Params::IndifferentHash if by_hash?(target, name)
    return false unless visible?(target, name, method)

    parameters = target.instance_method(name).parameters
    method.method_types.all? { |type| accepts?(parameters, type.type) }
  end

  def by_hash?(target, name)
    target == Karafka::Params::Params && !target.method_defined?(name)
  end

  def visible?(target, name, method)
    hidden = method.accessibility == :private || name == :initialize
    hidden ? target.private_method_defined?(name) : target.public_method_defined?(name)
  end

  # May the method be called the way the signature says?
  def accepts?(parameters, function)
    kinds = parameters.map(&:first)
    required = kinds.count { |kind| %i[req unnamed].include?(kind) }
    most = kinds.include?(:rest) ? Float::INFINITY : required + kinds.count(:opt)
    least = function.required_positionals.size + function.trailing_positionals.size
    asked = function.rest_positionals ? required : least + function.optional_positionals.size
    least >= required && asked <= most && keywords?(parameters, function)
  end

  def keywords?(parameters, function)
    required = parameters.filter_map { |kind, name| name if kind == :keyreq }
    optional = parameters.filter_map { |kind, name| name if kind == :key }
    unknown = (function.required_keywords.keys | function.optional_keywords.keys) - required - optional
    (required - function.required_keywords.keys).empty? &&
      (unknown.empty? || parameters.any? { |kind,| %i[keyrest rest].include?(kind) })
  end

  # Ours, and not marked as private to the gem.
  def told?(method)
    file, line = method.source_location
    return method.owner.to_s.start_with?("Karafka::Native") unless file
    return false unless file.start_with?(File.join(ROOT, "lib"))

    above = File.readlines(file).first(line - 1).reverse.take_while { |text| text.match?(/\A\s*#/) }
    above.none? { |text| text.include?("@api private") }
  end
end
